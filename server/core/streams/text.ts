/** Text as it stands inside a JSON string, cut into pieces that fit a frame. */

export interface EncodedText {
  /** JSON string content without its quotes. */
  readonly json: string;
  /** UTF-8 length of `json`. */
  readonly bytes: number;
}

/** A model's tokens are shorter; for a longer text a look at every character takes longer than JSON.stringify. */
const MAX_PLAIN_LENGTH = 32;
const SPACE = 0x20;
const TILDE = 0x7e;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether it is short, and every character stands for itself inside a JSON string, and for one byte. */
export const isItsOwnJson = (text: string): boolean => {
  if (text.length > MAX_PLAIN_LENGTH) return false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < SPACE || unit > TILDE || unit === QUOTE || unit === BACKSLASH) return false;
  }
  return true;
};

const encode = (text: string): EncodedText => {
  if (isItsOwnJson(text)) return { json: text, bytes: text.length };
  const json = JSON.stringify(text).slice(1, -1);
  return { json, bytes: Buffer.byteLength(json) };
};

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/**
 * Encodes a text in pieces of at most `maxBytes` (at least 12) each, never cut within a character.
 * A text that fits, as almost every chunk does, is one piece.
 */
export const splitEncoded = (text: string, maxBytes: number): EncodedText[] => {
  const whole = encode(text);
  if (whole.bytes <= maxBytes) return [whole];
  const pieces: EncodedText[] = [];
  let start = 0;
  while (start < text.length) {
    // No UTF-16 unit needs more than 6 bytes (a control character's escape): a piece this long fits for certain.
    let end = Math.min(text.length, start + Math.floor(maxBytes / 6));
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    pieces.push(encode(text.slice(start, end)));
    start = end;
  }
  return pieces;
};
