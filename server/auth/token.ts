/** Bearer tokens: `oc_<kind>_<random>` (protocol section 3). */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** `local`: made by the first start for this machine; `user`: made by `openclaw token create`. */
export type TokenKind = 'local' | 'user';

/** No `-` and no `_`: a double click selects the whole token, and `_` separates its three parts only. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** 27 characters of base62 carry 160 bits; the protocol asks for 128 or more. */
const RANDOM_LENGTH = 27;

/** Bytes from here on would favour the first characters of the alphabet. */
const UNBIASED_BELOW = 256 - (256 % ALPHABET.length);

const TOKEN_PATTERN = /^oc_[a-z]{1,16}_[0-9A-Za-z]{22,128}$/;

/** A new token from the system's random source, such as `oc_local_4uX…`, 33–35 characters long. */
export const makeToken = (kind: TokenKind): string => {
  let random = '';
  while (random.length < RANDOM_LENGTH) {
    for (const byte of randomBytes(RANDOM_LENGTH)) {
      if (byte < UNBIASED_BELOW && random.length < RANDOM_LENGTH) random += ALPHABET[byte % ALPHABET.length];
    }
  }
  return `oc_${kind}_${random}`;
};

/** Whether a text has the form of a token that {@link makeToken} made; says nothing about its validity. */
export const looksLikeToken = (text: string): boolean => TOKEN_PATTERN.test(text);

/**
 * SHA-256 of a token in lower-case hex, 64 characters. The only form in which a token is stored. A fast hash is
 * enough: 160 random bits cannot be guessed, unlike a password.
 */
export const hashToken = (token: string): string => hash('sha256', token, 'hex');

/** Compares two hashes of {@link hashToken} in time that does not depend on where they differ. */
export const sameTokenHash = (left: string, right: string): boolean =>
  left.length === right.length && timingSafeEqual(Buffer.from(left, 'latin1'), Buffer.from(right, 'latin1'));
