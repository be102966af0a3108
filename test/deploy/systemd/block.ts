/**
 * Loaded ahead of a gateway's program, into each of its threads: `SIGPWR` stops the main thread's loop for a while,
 * `SIGWINCH` that of the first socket thread. All other threads go on.
 */
import { BroadcastChannel, isMainThread, workerData } from 'node:worker_threads';

const BLOCKED_MS = 1500;

const block = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED_MS);
};

const channel = new BroadcastChannel('block');
channel.unref();
if (isMainThread) {
  process.on('SIGPWR', block);
  process.on('SIGWINCH', () => channel.postMessage('now'));
} else if (workerData?.isFirst === true) {
  channel.onmessage = block;
} else {
  channel.close();
}
