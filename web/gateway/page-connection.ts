/** The page's connection, and the truth about it: the client library makes it, and makes it again when it has broken. */
import { connectBy } from '../../client/gateway.js';
import type { CloseInfo, Gateway, StateEvent } from '../../client/index.js';
import type { ClientSocket } from '../../client/socket.js';
import type { FrameLog } from '../state/frame-log.js';
import type { LinkStatus } from '../state/link.js';
import { recordedSocket } from './recorded-socket.js';

/** A page is looked at: it comes back sooner than a program would. */
const BACK_OFF = { firstMs: 500, mostMs: 8000 };

export interface PageConnection {
  readonly url: string;
  readonly token: string;
  readonly clientId: string;
  readonly frames: FrameLog;
  /** Ends all of it: somebody has signed out. */
  readonly signal: AbortSignal;
  readonly hasBeenOpen: boolean;
  /** @param retryNow does not wait for the next attempt; there where one is waited for */
  readonly onStatus: (status: LinkStatus, retryNow?: () => void) => void;
  /** There is another connection. Not called for the first one. */
  readonly onReopened: () => void;
  /** There was one, and there will be none any more. */
  readonly onClosed: (close: CloseInfo) => void;
}

/** @throws GatewayError and ConnectionClosedError where another attempt would end the same; the signal's reason */
export const connectPage = (options: PageConnection): Promise<Gateway> => {
  const { url, token, clientId, frames, signal, onStatus, onReopened, onClosed } = options;
  let hasOpened = false;
  const onState = (event: StateEvent): void => {
    if (signal.aborted) return;
    const hasBeenOpen = hasOpened || options.hasBeenOpen;
    switch (event.state) {
      case 'connecting':
        onStatus({ state: 'connecting', hasBeenOpen });
        break;
      case 'waiting': {
        const { error, delayMs, retryNow } = event;
        const { code, reason } = 'close' in error ? error.close : { code: error.code, reason: error.message };
        const retryAtMs = Date.now() + delayMs;
        onStatus({ state: 'waiting', hasBeenOpen, retryAtMs, code, reason }, retryNow);
        break;
      }
      case 'open':
        if (hasOpened) onReopened();
        hasOpened = true;
        break;
      case 'closed':
        if (hasOpened) onClosed(event.close);
    }
  };
  const about = { url, token, clientId, signal, onState, retryFirst: true, backOff: BACK_OFF };
  return connectBy(about, () => recordedSocket(url, frames) as ClientSocket);
};
