/** What a person sees while something takes long: one line on standard error, gone when it is done. */
import type { Io } from './io.js';

const EVERY_MS = 1000;

/** Says how far something has come. */
export type Show = (text: string) => void;

/**
 * Runs `action` and, where a person is watching, shows `what` and how long it has been at it; `show` replaces
 * the text. Elsewhere nothing is written.
 */
export const withProgress = async <T>(
  { stderr }: Io,
  what: string,
  action: (show: Show) => Promise<T>,
): Promise<T> => {
  if (!stderr.isTTY) return action(() => {});
  const startMs = performance.now();
  let text = what;
  const draw = (): void => {
    stderr.write(`\r\u001b[K${text} … ${Math.round((performance.now() - startMs) / 1000)} s`);
  };
  draw();
  const timer = setInterval(draw, EVERY_MS);
  try {
    return await action((changed) => {
      text = changed;
      draw();
    });
  } finally {
    clearInterval(timer);
    stderr.write('\r\u001b[K');
  }
};

const KIB = 1024;

/** `3.4 MiB`. */
export const formatBytes = (bytes: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = bytes;
  let unit = 0;
  for (; scaled >= KIB && unit < units.length - 1; unit++) scaled /= KIB;
  return `${unit === 0 ? scaled : scaled.toFixed(1)} ${units[unit]}`;
};
