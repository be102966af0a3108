/** The clients' listener, with the sockets in threads of their own: all on one port, the core in the thread that calls this. */
import type { Listener, ListenerOptions } from '../listener.js';
import { Places } from '../places.js';
import { CAN_SHARE_PORT, ListenError } from '../port.js';
import { SocketCount } from '../socket-count.js';
import { LINK_CELLS, type Rules } from './messages.js';
import type { RemotePeer } from './remote-peer.js';
import { SharedAdmission } from './shared-admission.js';
import { SocketThread } from './socket-thread.js';

export interface ThreadedListenerOptions extends ListenerOptions {
  /** What was on its way to a peer's socket has come there. */
  readonly onArrived: (peer: RemotePeer) => void;
  /** A thread has ended unasked: the listener is to be closed. */
  readonly onFailure: (error: Error) => void;
}

const linkCells = (): Int32Array =>
  new Int32Array(new SharedArrayBuffer(LINK_CELLS.count * Int32Array.BYTES_PER_ELEMENT));

/**
 * @param workers how many socket threads
 * @throws ListenError, TlsError
 */
export const listenThreaded = async (
  options: ThreadedListenerOptions,
  workers: number,
): Promise<Listener> => {
  if (!CAN_SHARE_PORT) {
    throw new ListenError('Only Linux shares a port among threads: set gateway.workers to 1.');
  }
  const { host, certificate, maxMessageBytes, site, admission } = options;
  const { limits } = admission;
  const count = SocketCount.cells();
  const cells = SharedAdmission.cells();
  const socketCount = new SocketCount(count, limits);
  const places = new Places(
    { admission: new SharedAdmission(cells, limits), later: options.later },
    socketCount,
  );
  const rules = (): Rules => {
    const { servedHosts, allowedOrigins, scheme } = options.originRules(0);
    return {
      origin: { servedHosts, allowedOrigins, scheme },
      proxies: options.trustedProxies()?.ranges ?? null,
      limits: { ...limits },
    };
  };
  const threads: SocketThread[] = [];
  const start = (port: number): Promise<number> => {
    const isFirst = threads.length === 0;
    const data = {
      host,
      port,
      isFirst,
      certificate,
      maxMessageBytes,
      site,
      rules: rules(),
      count,
      places: cells,
    };
    const thread = new SocketThread({ ...options, places }, { ...data, cells: linkCells() });
    threads.push(thread);
    return thread.listening;
  };
  const releaseAll = (): void => {
    for (const thread of threads) thread.release();
    for (const thread of threads) thread.waitUntilClosed();
  };
  // Whoever ends the process, and however: a thread that is ended while it listens aborts it.
  process.on('exit', releaseAll);
  const close = async (): Promise<void> => {
    await Promise.all(threads.map((thread) => thread.close()));
    process.off('exit', releaseAll);
  };

  let port: number;
  try {
    port = await start(options.port);
    await Promise.all(Array.from({ length: workers - 1 }, () => start(port)));
    await Promise.all(threads.map((thread) => thread.begin()));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port,
    canRenew: certificate !== null,
    get connecting() {
      return socketCount.connecting;
    },
    renew: async (renewed, onPresented) => {
      const order = { kind: 'present', certificate: renewed } as const;
      const presented = await Promise.allSettled(threads.map((thread) => thread.tell(order)));
      const failed = presented.find((outcome) => outcome.status === 'rejected');
      if (failed !== undefined) {
        const others = threads.filter((_, at) => presented[at]?.status === 'fulfilled');
        await Promise.all(others.map((thread) => thread.tell({ kind: 'cancel' })));
        throw failed.reason;
      }
      onPresented?.();
      await Promise.all(threads.map((thread) => thread.tell({ kind: 'complete' })));
    },
    arrivals: async () => {
      await Promise.allSettled(threads.map((thread) => thread.tell({ kind: 'report' })));
    },
    rulesChanged: async () => {
      const order = { kind: 'rules', rules: rules() } as const;
      await Promise.allSettled(threads.map((thread) => thread.tell(order)));
    },
    stopListening: async () => {
      await Promise.allSettled(threads.map((thread) => thread.tell({ kind: 'stopListening' })));
    },
    close,
  };
};
