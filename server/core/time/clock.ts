/** Where time comes from. Everything that waits or measures takes one of these, so that tests can step it. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start, 0 or more, with fractions; never jumps when the wall clock is set. */
  nowMs(): number;
  /** Milliseconds since the epoch, for what people and files see. */
  wallMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};
