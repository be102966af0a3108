/** What a text costs a model, where no tokenizer is at hand. */

/** The usual estimate. */
export const BYTES_PER_TOKEN = 4;

/** Tokens of a text, estimated and rounded up. */
export const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
