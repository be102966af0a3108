import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Waits until a file's bytes, or a directory's entries, are on the disk. @throws the system's error */
export const flush = (path: string): void => {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
