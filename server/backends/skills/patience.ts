/** A deadline for another thread that counts only while this one runs, too. */

/**
 * Calls `task` after `ms` unless the returned function is called first. It waits in two halves: where the whole process
 * stood still meanwhile, the other thread has the second one to answer in.
 */
export const afterPatience = (ms: number, task: () => void): (() => void) => {
  let timer = setTimeout(() => {
    timer = setTimeout(task, ms / 2);
  }, ms / 2);
  return () => clearTimeout(timer);
};
