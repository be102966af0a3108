/** What a terminal hands over between the marks of a paste (bracketed paste), collected to one text. */
import { printable } from '../terminal.js';

export class Paste {
  static readonly MAX_CHARS = 1024 * 1024;
  #text = '';
  #isCut = false;

  add(text: string): void {
    if (this.#text.length < Paste.MAX_CHARS) this.#text += text;
    else this.#isCut = true;
  }

  /** Whether there was more than is kept. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Fit for a terminal; its line ends are line feeds, and the last one is left out: it would have sent the message. */
  get text(): string {
    return printable(this.#text.replaceAll(/\r\n?/g, '\n')).replace(/\n+$/, '');
  }
}
