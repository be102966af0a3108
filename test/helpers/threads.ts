/** The socket threads of gateways in this process, and which of them has a connection. */
import type { TestContext } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { BatchReader, TO_CORE } from '../../server/socket/threads/link.js';
import { isParcel } from '../../server/socket/threads/messages.js';
import { atEnd } from './gateway.js';
import { until } from './system.js';

export interface SocketThreads {
  /** Those that have told the core of a connection. */
  readonly workers: readonly Worker[];
  /** Opens a connection, and says which thread has it. One after the other. */
  which<T>(open: () => Promise<T>): Promise<readonly [opened: T, worker: Worker]>;
}

/** To be called before the gateway starts. */
export const watchThreads = (t: TestContext): SocketThreads => {
  const opened: Worker[] = [];
  const watch = (worker: Worker): void => {
    // Ahead of the core, which hands the buffer on.
    worker.prependListener('message', (said: object) => {
      const batch = isParcel(said) ? said[0] : undefined;
      if (!(batch instanceof ArrayBuffer)) return;
      for (const reader = new BatchReader(batch); reader.next(); ) {
        if (reader.kind === TO_CORE.opened) opened.push(worker);
      }
    });
  };
  process.on('worker', watch);
  atEnd(t, () => process.off('worker', watch));
  return {
    get workers() {
      return [...new Set(opened)];
    },
    which: async (open) => {
      const before = opened.length;
      const one = await open();
      await until(() => opened.length > before, 'word of the connection');
      return [one, opened[before] as Worker];
    },
  };
};

/** Opens connections until each of two threads has one; those, and what was opened besides. */
export const oneOnEach = async <T>(
  threads: SocketThreads,
  open: () => Promise<T>,
): Promise<readonly [first: T, second: T]> => {
  const [first, firstWorker] = await threads.which(open);
  // The kernel throws a coin each time.
  for (let tries = 0; tries < 100; tries += 1) {
    const [other, worker] = await threads.which(open);
    if (worker !== firstWorker) return [first, other];
  }
  throw new Error('a hundred connections, and all have come to one thread');
};
