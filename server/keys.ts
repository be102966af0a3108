/** Keys of services that the gateway asks, and what others ask it with: read from where they are kept, and repeated nowhere. */
import { type Environment, KeyError, readSecretFile, readSecretVariable } from './config/secret.js';

export { type Environment, KeyError };

export interface KeyPlace {
  readonly api_key_env: string;
  readonly api_key_file: string;
}

/** The two places of which one may hold a secret: each the option that names it, and what that says; empty: nothing. */
export interface SecretPlaces {
  /** As a sentence calls it. */
  readonly what: 'key' | 'token' | 'headers';
  readonly variable: readonly [option: string, name: string];
  readonly file: readonly [option: string, path: string];
}

export interface Secret {
  /** Without blanks around it, and not empty. */
  readonly text: string;
  /** The beginning of a sentence about it. */
  readonly place: string;
}

/**
 * Null: none is configured.
 *
 * @throws KeyError where it is missing
 */
export const readSecret = (
  { what, variable: [variableOption, variable], file: [fileOption, file] }: SecretPlaces,
  env: Environment,
): Secret | null => {
  if (variable !== '') {
    const place = `${variableOption} names the variable ${variable}`;
    const found = readSecretVariable(place, variable, env);
    return present(what, found?.text ?? '', found?.place ?? place);
  }
  if (file === '') return null;
  const place = `${fileOption} names ${file}`;
  return present(what, readSecretFile(place, file), place);
};

const present = (what: SecretPlaces['what'], text: string, place: string): Secret => {
  if (text.trim() === '') throw new KeyError(`${place}, which is not set or empty: put the ${what} there.`);
  return { text: text.trim(), place };
};

/**
 * A key as a header can carry it. Null: none is configured.
 *
 * @param section of the configuration, where the place stands
 * @throws KeyError
 */
export const readKey = (section: string, place: KeyPlace, env: Environment): string | null =>
  readWord(
    {
      what: 'key',
      variable: [`${section}.api_key_env`, place.api_key_env],
      file: [`${section}.api_key_file`, place.api_key_file],
    },
    env,
  );

/** The same for a bearer token. @throws KeyError */
export const readToken = (
  section: string,
  place: { readonly token_env: string; readonly token_file: string },
  env: Environment,
): string | null =>
  readWord(
    {
      what: 'token',
      variable: [`${section}.token_env`, place.token_env],
      file: [`${section}.token_file`, place.token_file],
    },
    env,
  );

const readWord = (places: SecretPlaces, env: Environment): string | null => {
  const secret = readSecret(places, env);
  if (secret === null) return null;
  if (!/^[\x21-\x7e]+$/.test(secret.text)) {
    const { what } = places;
    throw new KeyError(
      `${secret.place}, which holds more than a ${what}: leave nothing but the ${what} there.`,
    );
  }
  return secret.text;
};

const BOOTSTRAP = 'OPENCLAW_BOOTSTRAP_TOKEN';
/** 22 random letters and digits carry 131 bits; the protocol asks for 128 (section 3). Fewer kinds of digits need more of them. */
const BOOTSTRAP_TOKEN = /^oc_local_[0-9A-Za-z]{22,128}$/;

/**
 * The local token that whoever deploys a gateway has chosen, so that it is known before the first start. Null: none is.
 *
 * @throws KeyError
 */
export const readBootstrapToken = (env: Environment): string | null => {
  const found = readSecretVariable(`The local token is taken from ${BOOTSTRAP}`, BOOTSTRAP, env);
  if (found === null) return null;
  const token = found.text.trim();
  if (BOOTSTRAP_TOKEN.test(token)) return token;
  throw new KeyError(
    `${found.place}, which holds no such token: write oc_local_ and 32 random letters and digits, as $(openssl rand -hex 16) prints them.`,
  );
};
