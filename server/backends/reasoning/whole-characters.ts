/** Text in pieces as a provider sends it, made into pieces that are text of their own. */

/** A longer piece is given in several. */
export const MAX_PIECE_UNITS = 2048;

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Where a piece of bounded length ends that begins at `start`: at `end`, or before it, never within a character. */
export const pieceEnd = (text: string, start: number, end: number): number => {
  if (end - start <= MAX_PIECE_UNITS) return end;
  const cut = start + MAX_PIECE_UNITS;
  return isHighSurrogate(text.charCodeAt(cut - 1)) ? cut - 1 : cut;
};

/** A text in pieces of bounded length; never half a character. */
export function* piecesOf(text: string): Generator<string> {
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = pieceEnd(text, start, text.length);
    yield text.slice(start, end);
  }
}

/** Joins the halves of a character that came in two pieces. */
export class WholeCharacters {
  #half = '';

  /** What is whole of all so far and was not given yet; empty where that is nothing. */
  add(piece: string): string {
    const text = this.#half === '' ? piece : this.#half + piece;
    this.#half = '';
    if (text === '') return '';
    if (isHighSurrogate(text.charCodeAt(text.length - 1))) {
      this.#half = text.slice(-1);
      return text.slice(0, -1).toWellFormed();
    }
    return text.isWellFormed() ? text : text.toWellFormed();
  }

  /** The other half never came. */
  end(): string {
    const rest = this.#half.toWellFormed();
    this.#half = '';
    return rest;
  }
}
