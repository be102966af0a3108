/** Where time comes from. Everything that waits or measures takes one of these, so that tests can step it. */
export interface Clock {
  /** Monotonic whole milliseconds since an arbitrary start, 0 or more; never jumps when the wall clock is set. */
  nowMs(): number;
  /** Milliseconds since the epoch, for what people and files see. */
  wallMs(): number;
}

export const systemClock: Clock = {
  // Whole: what is kept of a fraction costs each of its holders a box of 16 bytes.
  nowMs: () => Math.floor(performance.now()),
  wallMs: () => Date.now(),
};
