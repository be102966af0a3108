/** Whether a request shows the operators' bearer token (RFC 6750 section 2.1). */
import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Judges the `Authorization` header of a request. Digests are compared, and in constant time: how long it takes tells
 * neither the token nor its length.
 *
 * @param token null: everybody may
 */
export const bearerCheck = (token: string | null): ((header: string | undefined) => boolean) => {
  if (token === null) return () => true;
  const expected = digest(token);
  return (header) => {
    // The scheme's case is free (RFC 9110 section 11.1), the token's is not.
    const shown = /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];
    return shown !== undefined && timingSafeEqual(digest(shown), expected);
  };
};
