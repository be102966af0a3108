/** One animation frame for all that has to be drawn: each gets a share of it, and what does not fit waits for the next. */

/** Of the 16 ms of a frame: the last piece goes beyond it, and layout and paint of what was drawn take twice as long. */
const BUDGET_MS = 4;

/** Draws some of what waits. @returns whether there is more */
export type Draw = (isOverdue: () => boolean) => boolean;

const waiting = new Set<Draw>();
const afterwards = new Set<() => void>();
let isAsked = false;

const run = (): void => {
  isAsked = false;
  const endMs = performance.now() + BUDGET_MS;
  const isOverdue = (): boolean => performance.now() >= endMs;
  // The newest first: it is what somebody looks at.
  for (const draw of [...waiting].reverse()) {
    if (!draw(isOverdue)) waiting.delete(draw);
    if (isOverdue()) break;
  }
  for (const step of afterwards) step();
  if (waiting.size > 0) ask();
};

const ask = (): void => {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(run);
};

/** Has `draw` called in the next frame, and in those that follow while it says that there is more. */
export const schedule = (draw: Draw): void => {
  // To the end, so that it is the newest.
  waiting.delete(draw);
  waiting.add(draw);
  ask();
};

export const unschedule = (draw: Draw): void => {
  waiting.delete(draw);
};

/** Calls `step` after everything was drawn in a frame. @returns the function that ends it */
export const afterEachFrame = (step: () => void): (() => void) => {
  afterwards.add(step);
  return () => afterwards.delete(step);
};
