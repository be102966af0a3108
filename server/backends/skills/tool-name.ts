/** Names of skills as a model writes them. */
import { createHash } from 'node:crypto';

const MAX_LENGTH = 64;
const DIGITS = 12;
const PLAIN = /^[A-Za-z0-9_-]+$/;
const LOOKS_HASHED = /-[0-9a-f]{12}$/;

/**
 * `files` and `read_file` → `files__read_file`; with letters and digits of a hash behind it where the tool's name is too
 * long or has other characters. Two tools never share a name, and a name depends on nothing but the two: a source has
 * neither two `_` in a row nor one at its end, so the first two tell where it ends; and a plain name never looks hashed.
 *
 * @param source letters, digits, `_` and `-`, 24 at most
 */
export const toolNameOf = (source: string, tool: string): string => {
  const name = `${source}__${tool}`;
  if (name.length <= MAX_LENGTH && PLAIN.test(name) && !LOOKS_HASHED.test(name)) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGITS);
  const head = name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, MAX_LENGTH - 1 - DIGITS);
  return `${head}-${digest}`;
};
