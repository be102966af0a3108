/** What went wrong, in a sentence for people that says what to do. */
import {
  ConnectionClosedError,
  GatewayError,
  MessageTooLargeError,
  TooManyCallsError,
} from '../../client/index.js';
import { bytes } from '../state/figures.js';

const BY_CODE: Readonly<Record<number, string>> = {
  4003: 'Too many messages in a short time. Try again in a minute.',
  4012: 'Your token does not allow this.',
  4040: 'This channel does not exist any more.',
  4041: 'This message does not exist any more.',
  4290: 'Too many messages wait in this channel already. Send it when a reply has ended.',
  5030: 'The gateway is shutting down. Try again in a moment.',
};

export const problemOf = (error: unknown): string => {
  if (error instanceof GatewayError) {
    const { reason, trace_id } = error.data ?? {};
    if (typeof reason === 'string') return `${error.message}: ${reason}.`;
    if (typeof trace_id === 'string') return `The gateway made a mistake of its own (trace ${trace_id}).`;
    return BY_CODE[error.code] ?? `${error.message}.`;
  }
  if (error instanceof MessageTooLargeError) {
    return `The message is longer than the ${bytes(error.limitBytes)} that the gateway takes. Shorten it.`;
  }
  if (error instanceof TooManyCallsError) return 'Too much waits for the connection already.';
  if (error instanceof ConnectionClosedError) {
    return 'The connection broke before the gateway answered. Look whether it was done, or try again.';
  }
  return error instanceof Error ? error.message : String(error);
};
