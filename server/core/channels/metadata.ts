/** Checks of free text and free-form objects that a schema cannot express. */

import { PROTOCOL } from '../../../schemas/codes.js';
import { deeperThan, hasHalfCharacter } from '../../../schemas/json-bounds.js';
import { type Failure, fail } from '../rpc/failure.js';

/** Lone surrogates are no text: they cannot be stored or sent as UTF-8 (RFC 8259 section 8.2). */
const wellFormed = (path: string, text: string | undefined): string | null =>
  text === undefined || text.isWellFormed() ? null : `${path} has half a character`;

const checkMetadata = (metadata: object): string | null => {
  if (deeperThan(metadata, PROTOCOL.maxMetadataDepth)) {
    return `is nested deeper than ${PROTOCOL.maxMetadataDepth} levels`;
  }
  const json = JSON.stringify(metadata);
  if (Buffer.byteLength(json) > PROTOCOL.maxMetadataBytes)
    return `is larger than ${PROTOCOL.maxMetadataBytes} bytes`;
  return hasHalfCharacter(json) ? 'has half a character' : null;
};

/** Null where all is well, else −32602 naming the member. */
export const checkText = (members: {
  readonly texts?: Readonly<Record<string, string | undefined>>;
  readonly metadata?: object | undefined;
}): Failure | null => {
  const errors: { path: string; message: string }[] = [];
  for (const [name, text] of Object.entries(members.texts ?? {})) {
    const problem = wellFormed(name, text);
    if (problem !== null)
      errors.push({ path: `/${name}`, message: 'has half a character (a lone surrogate)' });
  }
  const problem = members.metadata === undefined ? null : checkMetadata(members.metadata);
  if (problem !== null) errors.push({ path: '/metadata', message: problem });
  return errors.length === 0 ? null : fail('invalidParams', { errors });
};
