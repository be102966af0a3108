/** Keys of services that the gateway asks, and what others ask it with: read from where they are kept, and repeated nowhere. */
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
export const readKey = (section: string, place: KeyPlace, env: Environment): string | null =>
  readSecret(
    'key',
    { option: `${section}.api_key_env`, names: place.api_key_env },
    { option: `${section}.api_key_file`, names: place.api_key_file },
    env,
  );

/** The same for a bearer token. @throws KeyError */
export const readToken = (
  section: string,
  place: { readonly token_env: string; readonly token_file: string },
  env: Environment,
): string | null =>
  readSecret(
    'token',
    { option: `${section}.token_env`, names: place.token_env },
    { option: `${section}.token_file`, names: place.token_file },
    env,
  );

/** An option, and what it names; empty: nothing. */
interface Named {
  readonly option: string;
  readonly names: string;
}

const readSecret = (what: 'key' | 'token', variable: Named, file: Named, env: Environment): string | null => {
  if (variable.names !== '') {
    const place = `${variable.option} names the variable ${variable.names}`;
    return usable(what, env[variable.names] ?? '', place);
  }
  if (file.names === '') return null;
  const place = `${file.option} names ${file.names}`;
  let text: string;
  try {
    text = readFileSync(file.names, 'utf8');
  } catch (error) {
    throw new KeyError(`${place}, which cannot be read (${codeOf(error)}): mend that, or leave it empty.`);
  }
  return usable(what, text, place);
};

/** As a header can carry it. */
const usable = (what: 'key' | 'token', text: string, place: string): string => {
  const secret = text.trim();
  if (secret === '') throw new KeyError(`${place}, which is not set or empty: put the ${what} there.`);
  if (!/^[\x21-\x7e]+$/.test(secret)) {
    throw new KeyError(`${place}, which holds more than a ${what}: leave nothing but the ${what} there.`);
  }
  return secret;
};
