/**
 * Buffers that go back to where they came from once their batch has been read, along with the next batch in that
 * direction: a link that is busy needs no new memory, and leaves none to the garbage collector.
 */
import { BATCH_BYTES } from './link.js';

/** More than these are left to the garbage collector. */
const MOST = 16;

/** A batch, and behind it buffers that the other side may fill again. */
export type Parcel = readonly ArrayBuffer[];

export class Spares {
  readonly #free: ArrayBuffer[] = [];
  #read: ArrayBuffer[] = [];

  /** A buffer for a batch. */
  readonly take = (): ArrayBuffer => this.#free.pop() ?? new ArrayBuffer(BATCH_BYTES);

  /** Makes a batch ready to be sent. */
  pack(batch: ArrayBuffer): ArrayBuffer[] {
    const parcel = [batch, ...this.#read];
    this.#read = [];
    return parcel;
  }

  /** The batch of a parcel. Must be told when that {@link wasRead}. */
  unpack([batch, ...free]: Parcel): ArrayBuffer {
    this.#free.push(...free.slice(0, MOST - this.#free.length));
    return batch as ArrayBuffer;
  }

  wasRead(batch: ArrayBuffer): void {
    // One record that is larger than a batch has a buffer of its own size.
    if (batch.byteLength === BATCH_BYTES && this.#read.length < MOST) this.#read.push(batch);
  }
}
