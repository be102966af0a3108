/** How many files and sockets this process may have open. */
import { readFileSync } from 'node:fs';

/** The soft limit on open descriptors; null where the system does not say (or sets none). Node has raised it to the hard one. */
export const descriptorLimit = (): number | null => {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return match?.[1] === undefined ? null : Number(match[1]);
  } catch {
    return null;
  }
};
