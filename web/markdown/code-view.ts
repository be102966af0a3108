/** A block of code that grows: with its language, a button that copies it, and lines that are laid out once. */
import { copyText } from '../ui/copy.js';
import { scrollable } from './render.js';

/** Lines are laid out again only with the others of their part. */
const PART_CHARS = 4000;
const COPIED_MS = 1600;

export class CodeView {
  readonly element = document.createElement('figure');
  readonly #code = document.createElement('code');
  readonly #label = document.createElement('figcaption');
  #part = document.createTextNode('');
  #text = '';

  constructor(info: string) {
    const language = info.split(/\s/, 1)[0]?.slice(0, 32) ?? '';
    this.element.className = 'code';
    this.#label.textContent = language === '' ? 'code' : language;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', `Copy ${language === '' ? 'code' : `${language} code`}`);
    button.addEventListener('click', () => void this.#copy(button));
    const head = document.createElement('div');
    head.className = 'code-head';
    head.append(this.#label, button);
    const pre = scrollable(document.createElement('pre'), language === '' ? 'Code' : `Code, ${language}`);
    pre.append(this.#code);
    this.element.append(head, pre);
    this.#newPart();
  }

  /** @param text what was shown already, and more */
  update(text: string): void {
    if (!text.startsWith(this.#text)) {
      this.#code.replaceChildren();
      this.#newPart();
      this.#text = '';
    }
    let rest = text.slice(this.#text.length);
    while (this.#part.length + rest.length > PART_CHARS) {
      const end = rest.indexOf('\n', Math.max(0, PART_CHARS - this.#part.length)) + 1;
      if (end === 0) break;
      this.#part.appendData(rest.slice(0, end));
      rest = rest.slice(end);
      this.#newPart();
    }
    if (rest !== '') this.#part.appendData(rest);
    this.#text = text;
  }

  #newPart(): void {
    const part = document.createElement('span');
    part.className = 'part';
    this.#part = document.createTextNode('');
    part.append(this.#part);
    this.#code.append(part);
  }

  async #copy(button: HTMLButtonElement): Promise<void> {
    button.textContent = (await copyText(this.#text)) ? 'Copied' : 'Not allowed';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, COPIED_MS);
  }
}
