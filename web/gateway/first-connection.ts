/** Connects, and goes on trying while that may help: from then on the client library comes back by itself. */
import { connectBy } from '../../client/gateway.js';
import { ConnectionClosedError, type Gateway, GatewayError } from '../../client/index.js';
import { RetryPlan } from '../../client/retry.js';
import type { ClientSocket } from '../../client/socket.js';
import type { FrameLog } from '../state/frame-log.js';
import type { LinkStatus } from '../state/link.js';
import { recordedSocket } from './recorded-socket.js';

/** A page is looked at: it comes back sooner than a program would. */
const BACK_OFF = { firstMs: 500, mostMs: 8000 };

export interface FirstConnection {
  readonly url: string;
  readonly token: string;
  readonly clientId: string;
  readonly frames: FrameLog;
  readonly signal: AbortSignal;
  readonly hasBeenOpen: boolean;
  readonly onStatus: (status: LinkStatus) => void;
}

/** @throws GatewayError and ConnectionClosedError where another attempt would end the same; the signal's reason */
export const firstConnection = async (options: FirstConnection): Promise<Gateway> => {
  const { url, token, clientId, frames, signal, hasBeenOpen, onStatus } = options;
  const plan = new RetryPlan(BACK_OFF);
  for (;;) {
    onStatus({ state: 'connecting', hasBeenOpen });
    try {
      const about = { url, token, clientId, signal, backOff: BACK_OFF };
      return await connectBy(about, () => recordedSocket(url, frames) as ClientSocket);
    } catch (error) {
      signal.throwIfAborted();
      const isRefused = error instanceof GatewayError;
      if (!isRefused && !(error instanceof ConnectionClosedError)) throw error;
      const delayMs = isRefused
        ? plan.nextDelayMs(error.retry, error.retryAfterMs)
        : plan.nextDelayMs(error.close.retry);
      if (delayMs === null) throw error;
      const { code, reason } = isRefused ? { code: error.code, reason: error.message } : error.close;
      onStatus({ state: 'waiting', hasBeenOpen, retryAtMs: Date.now() + delayMs, code, reason });
      await pause(delayMs, signal);
    }
  }
};

const pause = (delayMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', stop, { once: true });
  });
