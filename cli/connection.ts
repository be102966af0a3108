/** A connection for the length of one command, and what its failures mean to a person. */
import { hostname } from 'node:os';
import {
  ConnectionClosedError,
  connect as connectTo,
  type Gateway,
  GatewayError,
  MessageTooLargeError,
  type NodeConnectOptions,
} from '../client/node.js';
import { CLOSES, ERRORS, type Retry } from '../schemas/codes.js';
import { CliError, type Io } from './io.js';
import { resolveTarget, type Target, type TargetOptions } from './target.js';
import { printableLine } from './terminal.js';

/** The longest wait between two attempts to come back: somebody sits there. */
const MOST_WAIT_MS = 5000;

/** What happens where the connection breaks: whoever typed a command sees what failed, and types it again. */
const ONCE: Pick<NodeConnectOptions, 'retry'> = { retry: false };
/** A conversation goes on. */
const LASTING: Pick<NodeConnectOptions, 'retry' | 'backOff'> = {
  retry: true,
  backOff: { mostMs: MOST_WAIT_MS },
};

/**
 * Connects, runs `action`, and hangs up.
 *
 * @param action gets the client, and where and as whom it has connected
 * @throws CliError that says what to do for whatever the gateway or the way to it did.
 */
export const withClient = <T>(
  options: TargetOptions,
  io: Io,
  action: (client: Gateway, target: Target) => Promise<T>,
): Promise<T> => withConnection(options, io, ONCE, action);

/** The same with a connection that comes back by itself once it has been there. */
export const withLastingClient = <T>(
  options: TargetOptions,
  io: Io,
  action: (client: Gateway, target: Target) => Promise<T>,
): Promise<T> => withConnection(options, io, LASTING, action);

const withConnection = async <T>(
  options: TargetOptions,
  io: Io,
  manner: Partial<NodeConnectOptions>,
  action: (client: Gateway, target: Target) => Promise<T>,
): Promise<T> => {
  const target = await resolveTarget(options, io);
  const client = await connect(target, manner);
  try {
    return await action(client, target);
  } catch (error) {
    throw explained(error);
  } finally {
    void client.close();
  }
};

const connect = async (target: Target, manner: Partial<NodeConnectOptions>): Promise<Gateway> => {
  const { url, fingerprint } = target;
  try {
    return await connectTo({
      url,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      token: target.token,
      clientId: `cli-${hostname().replaceAll(/[^A-Za-z0-9._:-]/g, '-')}`.slice(0, 128),
      ...manner,
    });
  } catch (error) {
    if (error instanceof ConnectionClosedError) throw new CliError(unreachable(error, url));
    if (error instanceof GatewayError && error.code === ERRORS.authFailed.code)
      throw new CliError(refused(error, target));
    throw explained(error);
  }
};

const unreachable = (error: ConnectionClosedError, url: string): string => {
  const { close, cause } = error;
  if (close.code !== 1006) return closedSentence(error);
  if (!(cause instanceof Error)) return `The gateway at ${url} hung up: try again, or look into its log.`;
  const { code } = cause as NodeJS.ErrnoException;
  const status = /^Unexpected server response: (\d+)$/.exec(cause.message)?.[1];
  if (status !== undefined)
    return `${url} answers with HTTP ${status} instead of a WebSocket: ${adviceOn(status)}.`;
  if (code !== undefined && CONNECT_FAILURES.has(code)) {
    return `No gateway answers at ${url}. Start one with \`openclaw gateway\`.`;
  }
  return `No connection to ${url} (${printableLine(cause.message)}): check the address, and its certificate where it is wss://.`;
};

const CONNECT_FAILURES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
]);

const adviceOn = (status: string): string => {
  switch (status) {
    case '503':
    case '429':
      return 'it has too many connections, so try again later';
    case '421':
      return 'add the name in the URL to gateway.allowed_hosts';
    default:
      return 'check that the address is a gateway’s';
  }
};

const refused = ({ data }: GatewayError, { url, tokenSource }: Target): string =>
  typeof data?.retry_after_ms === 'number'
    ? `The gateway at ${url} has seen too many wrong tokens from this address: try again in ${inSeconds(data.retry_after_ms)}.`
    : `The gateway at ${url} does not accept the token from ${tokenSource}: make one with \`openclaw token create\` where the gateway runs${
        tokenSource.endsWith('local-token') ? ', or restart the gateway, which makes a new local token' : ''
      }.`;

/** The line as the product's text prints it, and below it what to do. */
const closedSentence = ({ close, message }: ConnectionClosedError): string =>
  `${printableLine(message)}\n${adviceOnClose(close)}`;

const adviceOnClose = ({ reason, retry }: ConnectionClosedError['close']): string => {
  switch (reason) {
    case CLOSES.authTimeout.reason:
      return 'Try again; where the way to the gateway is slow, raise gateway.auth_timeout.';
    case CLOSES.authFailed.reason:
    case CLOSES.tokenRevoked.reason:
      return 'Make another token with `openclaw token create` where the gateway runs.';
    case CLOSES.heartbeatTimeout.reason:
      return 'Try again; on a bad network, raise gateway.heartbeat_timeout and gateway.heartbeat_max_missed.';
    case CLOSES.rateLimited.reason:
      return 'Try again later and more slowly, or raise the limits in [gateway.rate_limit].';
    case CLOSES.serverShutdown.reason:
      return 'Try again when the gateway is back.';
    default:
      return HOPELESS.has(retry) ? 'The same again would end the same way.' : 'Try again.';
  }
};

const HOPELESS: ReadonlySet<Retry> = new Set(['never', 'never-unchanged']);

const inSeconds = (ms: number): string => `${Math.max(1, Math.ceil(ms / 1000))} s`;

/** What an error of the client means, as a CliError that says what to do; any other error as it is. */
export const explained = (error: unknown): unknown => {
  if (error instanceof ConnectionClosedError) return new CliError(closedSentence(error));
  if (error instanceof MessageTooLargeError) return new CliError(`${error.message} Send it in parts.`);
  return error instanceof GatewayError ? new CliError(sentenceFor(error)) : error;
};

const sentenceFor = ({ code, message, data }: GatewayError): string => {
  const said = printableLine(message);
  if (code === ERRORS.permissionDenied.code && typeof data?.scope === 'string') {
    return `${said}: this needs a token with the scope ${printableLine(data.scope)}.`;
  }
  if (typeof data?.reason === 'string') return `${said}: ${printableLine(data.reason)} (${code}).`;
  if (typeof data?.retry_after_ms === 'number')
    return `${said}: try again in ${inSeconds(data.retry_after_ms)}.`;
  if (typeof data?.trace_id === 'string')
    return `${said}: look for ${printableLine(data.trace_id)} in the gateway’s log.`;
  const [first] = Array.isArray(data?.errors) ? (data.errors as { path?: unknown; message?: unknown }[]) : [];
  const detail = first === undefined ? '' : `: ${printableLine(`${first.path} ${first.message}`)}`;
  return `${said}${detail} (${code}).`;
};
