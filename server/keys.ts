/** Keys of services that the gateway asks: read from where they are kept, and repeated nowhere. */
import { readFileSync } from 'node:fs';

/** There is no key where one should be; the message is one sentence for the operator. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

export interface KeyPlace {
  readonly api_key_env: string;
  readonly api_key_file: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the system calls the failure of a file. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';

/**
 * Null: none is configured.
 *
 * @param section of the configuration, where the place stands
 * @throws KeyError
 */
export const readKey = (
  section: string,
  { api_key_env: variable, api_key_file: file }: KeyPlace,
  env: Environment,
): string | null => {
  if (variable !== '')
    return usable(env[variable] ?? '', `${section}.api_key_env names the variable ${variable}`);
  if (file === '') return null;
  const place = `${section}.api_key_file names ${file}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new KeyError(`${place}, which cannot be read (${codeOf(error)}): mend that, or leave it empty.`);
  }
  return usable(text, place);
};

/** A key as a header can carry it. */
const usable = (text: string, place: string): string => {
  const key = text.trim();
  if (key === '') throw new KeyError(`${place}, which is not set or empty: put the key there.`);
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new KeyError(`${place}, which holds more than a key: leave nothing but the key there.`);
  }
  return key;
};
