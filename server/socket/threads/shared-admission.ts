/**
 * How many connections there are, in all and from each address, in memory that all threads share: a request is let in
 * or refused while it is handled, as the library wants it, and the limits hold for the whole gateway all the same.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { AdmissionLimits, AdmissionRefusal } from '../../core/limits/admission.js';
import type { PlaceTable } from '../places.js';

// The cells: a lock, the totals, the seed of the hashes, then a table of slots.
const LOCK = 0;
const CONNECTIONS = 1;
const UNAUTHENTICATED = 2;
const ADDRESSES = 3;
const SEED = 4;
const SEED_CELLS = 4;
const TABLE = SEED + SEED_CELLS;
/** Half of the hash of its address, the other half, its connections, those of them that are not authenticated. */
const SLOT_CELLS = 4;
const HIGH = 1;
const OPEN = 2;
const STRANGERS = 3;

/** Memory that is touched as addresses come: 16 bytes each. */
const MOST_SLOTS = 2 ** 20;
/** Fuller, it would be slow; whoever comes from yet another address is told that there is no room. */
const FULL = 0.75;
/** Whoever holds the lock holds it for a microsecond, unless the system has taken its processor away. */
const LOCK_WAIT_MS = 1;

const reached = (count: number, limit: number): boolean => limit > 0 && count >= limit;

export class SharedAdmission implements PlaceTable {
  readonly #cells: Int32Array;
  readonly #slots: number;
  readonly #seed: Uint8Array;
  /** Read at every decision, so that a reload takes effect at once. */
  readonly #limits: AdmissionLimits;

  constructor(cells: Int32Array, limits: AdmissionLimits) {
    this.#cells = cells;
    this.#slots = (cells.length - TABLE) / SLOT_CELLS;
    this.#seed = new Uint8Array(SEED_CELLS * Int32Array.BYTES_PER_ELEMENT);
    this.#seed.set(new Uint8Array(cells.buffer, SEED * Int32Array.BYTES_PER_ELEMENT, this.#seed.length));
    this.#limits = limits;
  }

  /** @param slots a power of two; three quarters of them can be used */
  static cells(slots = MOST_SLOTS): Int32Array {
    const bytes = (TABLE + slots * SLOT_CELLS) * Int32Array.BYTES_PER_ELEMENT;
    const cells = new Int32Array(new SharedArrayBuffer(bytes));
    // Nobody outside can know which addresses share a slot.
    cells.set(new Int32Array(new Uint8Array(randomBytes(SEED_CELLS * 4)).buffer), SEED);
    return cells;
  }

  get connections(): number {
    return this.#cell(CONNECTIONS);
  }

  get unauthenticated(): number {
    return this.#cell(UNAUTHENTICATED);
  }

  tryEnter(addressKey: string): AdmissionRefusal | null {
    const [low, high] = this.#hash(addressKey);
    return this.#locked(() => {
      const limits = this.#limits;
      if (this.#cell(CONNECTIONS) >= limits.maxConnections) return 'gateway-full';
      if (reached(this.#cell(UNAUTHENTICATED), limits.maxUnauthenticated)) return 'gateway-full';
      const at = this.#find(low, high);
      if (this.#cell(at + OPEN) === 0) {
        if (this.#cell(ADDRESSES) >= this.#slots * FULL) return 'gateway-full';
        this.#cells[at] = low;
        this.#cells[at + HIGH] = high;
        this.#add(ADDRESSES, 1);
      } else {
        if (reached(this.#cell(at + OPEN), limits.maxConnectionsPerAddress)) return 'address-full';
        if (reached(this.#cell(at + STRANGERS), limits.maxUnauthenticatedPerAddress)) return 'address-full';
      }
      for (const cell of [CONNECTIONS, UNAUTHENTICATED, at + OPEN, at + STRANGERS]) this.#add(cell, 1);
      return null;
    });
  }

  authenticated(addressKey: string): void {
    const [low, high] = this.#hash(addressKey);
    this.#locked(() => this.#noLongerStranger(this.#find(low, high)));
  }

  leave(addressKey: string, wasAuthenticated: boolean): void {
    const [low, high] = this.#hash(addressKey);
    this.#locked(() => {
      const at = this.#find(low, high);
      if (!wasAuthenticated) this.#noLongerStranger(at);
      this.#add(at + OPEN, -1);
      this.#add(CONNECTIONS, -1);
      if (this.#cell(at + OPEN) > 0) return;
      this.#add(ADDRESSES, -1);
      this.#closeGap(at);
    });
  }

  #noLongerStranger(at: number): void {
    this.#add(at + STRANGERS, -1);
    this.#add(UNAUTHENTICATED, -1);
  }

  #cell(at: number): number {
    return this.#cells[at] as number;
  }

  #add(at: number, change: number): void {
    this.#cells[at] = this.#cell(at) + change;
  }

  #hash(addressKey: string): readonly [low: number, high: number] {
    const digest = createHash('sha256').update(this.#seed).update(addressKey).digest();
    return [digest.readInt32LE(0), digest.readInt32LE(4)];
  }

  /** Where a slot's search begins. */
  #home(low: number): number {
    return low & (this.#slots - 1);
  }

  #slotAt(index: number): number {
    return TABLE + (index & (this.#slots - 1)) * SLOT_CELLS;
  }

  /** The slot of an address, or the free one that it would get. */
  #find(low: number, high: number): number {
    for (let index = this.#home(low); ; index += 1) {
      const at = this.#slotAt(index);
      if (this.#cell(at + OPEN) === 0) return at;
      if (this.#cell(at) === low && this.#cell(at + HIGH) === high) return at;
    }
  }

  /** Moves up what a free slot would hide from those who search on from their home. */
  #closeGap(freed: number): void {
    let gap = (freed - TABLE) / SLOT_CELLS;
    for (let index = gap + 1; this.#cell(this.#slotAt(index) + OPEN) > 0; index += 1) {
      const at = this.#slotAt(index);
      const fromHome = (index - this.#home(this.#cell(at))) & (this.#slots - 1);
      if (fromHome < index - gap) continue;
      this.#cells.copyWithin(this.#slotAt(gap), at, at + SLOT_CELLS);
      this.#cells.fill(0, at, at + SLOT_CELLS);
      gap = index;
    }
  }

  #locked<T>(task: () => T): T {
    while (Atomics.compareExchange(this.#cells, LOCK, 0, 1) !== 0) {
      Atomics.wait(this.#cells, LOCK, 1, LOCK_WAIT_MS);
    }
    try {
      return task();
    } finally {
      Atomics.store(this.#cells, LOCK, 0);
      Atomics.notify(this.#cells, LOCK, 1);
    }
  }
}
