/** Ids that nobody can guess, without a call of the system for each. */
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4096;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let used = POOL_BYTES;

/** So many bytes of the system's random source, each given once, as lower-case hex. @param bytes at most {@link POOL_BYTES} */
export const randomHex = (bytes: number): string => {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
};

/**
 * 24 hex digits, half of them the time: ids of one time stand side by side in an index of the store, where those that are random
 * would each change another page of it.
 *
 * @param wallMs milliseconds since the epoch
 */
export const timedHex = (wallMs: number): string => wallMs.toString(16).padStart(12, '0') + randomHex(6);
