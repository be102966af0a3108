/** "Did you mean …?" */
import { CONFIG_KEYS, type ConfigKey, lastOf } from '../../schemas/config.js';
import { mcpKeysOf, serverNameProblem, splitMcpKey } from '../../schemas/config-skills.js';

/** No key is near to a longer text, and comparing would cost. */
const MAX_LENGTH = 64;

/**
 * The known key that was most likely meant, or null where none is near: the same last part in
 * another section first, else the least edits, at most one for every three characters.
 */
export function nearestKey(unknown: string): ConfigKey | null {
  if (unknown.length > MAX_LENGTH) return null;
  const wanted = unknown.toLowerCase().replaceAll('-', '_');
  const score = (key: ConfigKey): number =>
    Math.min(
      editDistance(wanted, key),
      // A right name in a wrong section: nearer than any misspelling, the more so the nearer the section.
      lastOf(wanted) === lastOf(key) ? editDistance(wanted, key) / MAX_LENGTH : Number.POSITIVE_INFINITY,
      // A misspelt name without its section.
      wanted.includes('.') ? Number.POSITIVE_INFINITY : editDistance(wanted, lastOf(key)) + 0.5,
    );
  let best: ConfigKey | null = null;
  let bestScore = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  const { server = '' } = splitMcpKey(wanted) ?? {};
  const candidates = serverNameProblem(server) === null ? mcpKeysOf(server) : CONFIG_KEYS;
  for (const key of candidates) {
    const distance = score(key);
    if (distance < bestScore) [best, bestScore] = [key, distance];
  }
  return best;
}

/** Of a few short names the one that was most likely meant, or null where none is near. */
export function nearestName(unknown: string, names: readonly string[]): string | null {
  if (unknown.length > MAX_LENGTH) return null;
  let best: string | null = null;
  let bestScore = Math.max(1, Math.floor(unknown.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(unknown.toLowerCase(), name);
    if (distance < bestScore) [best, bestScore] = [name, distance];
  }
  return best;
}

/** Insertions, deletions and substitutions between two texts (Levenshtein, two rows). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
