/**
 * Loaded into a server before its own program (`node --import`): tells the driving process what the server
 * holds once garbage has been collected. Touches nothing else of it.
 */
import { getHeapSpaceStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import { MEMORY_QUESTION, type Memory } from './messages.js';

if (isMainThread && process.channel !== undefined) {
  process.on('message', (question) => {
    if (question !== MEMORY_QUESTION) return;
    globalThis.gc?.();
    // What the first pass freed of the objects behind finalizers goes in the second.
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    process.send?.({
      resident: rss,
      young: young?.physical_space_size ?? 0,
      heapUsed,
      external,
    } satisfies Memory);
  });
  // It outlives neither its own end nor whoever measures it.
  process.channel.unref();
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
