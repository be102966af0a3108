/** What the keys of a terminal mean to a conversation: several lines in one message, pastes, earlier messages. */
import { emitKeypressEvents } from 'node:readline';
import { printable, type Terminal } from '../terminal.js';
import type { Input } from './input.js';
import { isContinued, type LineQueue } from './line-queue.js';
import { Paste } from './paste.js';
import { type Key, PromptLine } from './prompt-line.js';
import { Recall, Search } from './recall.js';

export interface EditorOptions {
  readonly io: Terminal;
  readonly queue: LineQueue;
  /** Earlier messages, the newest last. */
  readonly history: () => readonly string[];
  /** What Tab makes of the text in front of the cursor: every completion, and the part of it that they are for. */
  readonly complete: (text: string) => [readonly string[], string];
  /** Ctrl+C. */
  readonly onInterrupt: () => void;
  readonly onPasteCut: (limitChars: number) => void;
}

/** Bracketed paste: the terminal marks what is pasted. */
const PASTES_ON = '\u001b[?2004h';
const PASTES_OFF = '\u001b[?2004l';
export class Editor implements Input {
  readonly #options: EditorOptions;
  readonly #line: PromptLine;
  readonly #recall: Recall;
  #paste: Paste | null = null;
  #search: Search | null = null;
  /** What was typed before the search. */
  #draft = '';
  #prompt = '';

  constructor(options: EditorOptions) {
    this.#options = options;
    const { stdin, stdout } = options.io;
    this.#recall = new Recall(options.history);
    const { io, complete } = options;
    this.#line = new PromptLine({ io, complete, onContinued: () => stdout.write(PASTES_ON) });
    emitKeypressEvents(stdin);
    stdin.on('keypress', this.#pressed);
    stdin.once('end', this.#ended);
    stdin.once('error', this.#ended);
    stdout.on?.('resize', this.#resized);
    stdin.resume();
    stdout.write(PASTES_ON);
  }

  prompt(text: string): void {
    this.#prompt = text;
    this.#line.prompt = text;
    this.#line.show();
  }

  aside(write: () => void): void {
    const { isShown } = this.#line;
    if (isShown) this.#line.hide();
    write();
    if (isShown) this.#line.show();
  }

  clear(): boolean {
    if (this.#line.line === '') return false;
    this.#recall.reset();
    if (this.#line.take().isShown) this.#line.show();
    return true;
  }

  takeBack(): boolean {
    const texts = this.#options.queue.takeAll().map(({ text }) => text);
    if (texts.length === 0) return false;
    if (this.#line.line !== '') texts.push(this.#line.line);
    this.#line.set(texts.join('\n'));
    return true;
  }

  close(): void {
    const { stdin, stdout } = this.#options.io;
    stdin.off('keypress', this.#pressed);
    stdin.off('end', this.#ended);
    stdin.off('error', this.#ended);
    stdout.off?.('resize', this.#resized);
    stdin.pause();
    this.#line.close();
    stdout.write(PASTES_OFF);
  }

  // --- the keys --------------------------------------------------------------------------

  readonly #ended = (): void => this.#options.queue.end();

  readonly #resized = (): void => {
    this.#line.resized();
  };

  readonly #pressed = (text: string | undefined, key: Key): void => {
    // No key that is pasted means anything: not even Ctrl+C, behind which the rest would be keys, and Enter among them.
    if (this.#paste !== null) this.#pasting(this.#paste, text, key);
    else if (key.name === 'paste-start') this.#paste = new Paste();
    else if (this.#search === null || !this.#searching(this.#search, text, key)) this.#edited(text, key);
  };

  #pasting(paste: Paste, text: string | undefined, { name }: Key): void {
    if (name !== 'paste-end') {
      paste.add(text ?? '');
      return;
    }
    const { text: pasted, isCut } = paste;
    this.#paste = null;
    if (this.#search !== null) this.#endSearch(this.#search.found);
    this.#recall.reset();
    this.#line.insert(pasted);
    if (isCut) this.#options.onPasteCut(Paste.MAX_CHARS);
  }

  #edited(text: string | undefined, key: Key): void {
    const { line, cursor } = this.#line;
    switch (nameOf(key)) {
      case 'return':
        this.#entered(line);
        return;
      // Ctrl+J, and Enter with Alt.
      case 'enter':
      case 'meta-return':
      case 'meta-enter':
        this.#recall.reset();
        this.#line.insert('\n');
        return;
      case 'ctrl-c':
        this.#options.onInterrupt();
        return;
      case 'ctrl-d':
        if (line === '') this.#options.queue.end();
        else this.#line.press(undefined, key);
        return;
      case 'ctrl-r':
        if (this.#line.isShown) this.#beginSearch();
        return;
      case 'up':
        this.#moved(lineAbove(line, cursor) ?? this.#recall.older(line, cursor));
        return;
      case 'down':
        this.#moved(lineBelow(line, cursor) ?? this.#recall.newer(line));
        return;
      case 'ctrl-p':
        this.#moved(this.#recall.older(line, cursor));
        return;
      case 'ctrl-n':
        this.#moved(this.#recall.newer(line));
        return;
      // An empty screen is nothing for the middle of a reply.
      case 'ctrl-l':
        if (this.#line.isShown) this.#line.press(undefined, key);
        return;
      default:
        this.#recall.reset();
        this.#line.press(text, key);
    }
  }

  #entered(line: string): void {
    this.#recall.reset();
    if (isContinued(line)) this.#line.set(`${line.slice(0, -1)}\n`);
    else this.#options.queue.push(this.#line.take());
  }

  /** Puts the cursor elsewhere, or another text in the place of what is typed. */
  #moved(to: number | string | null): void {
    if (typeof to === 'number') this.#line.set(this.#line.line, to);
    else if (to !== null) this.#line.set(to);
  }

  // --- searching -------------------------------------------------------------------------

  #beginSearch(): void {
    this.#draft = this.#line.line;
    this.#search = new Search(this.#options.history());
    this.#drawSearch(this.#search);
  }

  /** False: the key ended the search and means what it means elsewhere. */
  #searching(search: Search, text: string | undefined, key: Key): boolean {
    const name = nameOf(key);
    if (name === 'ctrl-r') search.older();
    else if (name === 'backspace') search.look([...search.words].slice(0, -1).join(''));
    else if (name === 'ctrl-c' || name === 'ctrl-g') {
      this.#endSearch(this.#draft);
      return true;
    } else if (
      text !== undefined &&
      !key.ctrl &&
      !key.meta &&
      printable(text) === text &&
      !/[\n\t]/.test(text)
    )
      search.look(search.words + text);
    else {
      this.#endSearch(search.found === '' ? this.#draft : search.found);
      return false;
    }
    this.#drawSearch(search);
    return true;
  }

  #drawSearch({ words, found }: Search): void {
    this.#line.prompt = `search ${words === '' ? '' : `“${words}” `}> `;
    this.#line.set(found);
  }

  #endSearch(line: string): void {
    this.#search = null;
    this.#line.prompt = this.#prompt;
    this.#recall.reset();
    this.#line.set(line);
  }
}

/** `ctrl-r`, `meta-return`, `up`. */
const nameOf = ({ name = '', ctrl, meta }: Key): string =>
  `${ctrl ? 'ctrl-' : ''}${meta ? 'meta-' : ''}${name}`;

/** Where the cursor stands one line higher in a text of several lines; null on its first one. */
const lineAbove = (text: string, cursor: number): number | null => {
  const start = text.lastIndexOf('\n', cursor - 1) + 1;
  if (start === 0 || cursor === 0) return null;
  const above = start === 1 ? 0 : text.lastIndexOf('\n', start - 2) + 1;
  return Math.min(above + cursor - start, start - 1);
};

/** One line lower; null on its last one. */
const lineBelow = (text: string, cursor: number): number | null => {
  const end = text.indexOf('\n', cursor);
  if (end === -1) return null;
  const column = cursor - (cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1);
  const next = text.indexOf('\n', end + 1);
  return Math.min(end + 1 + column, next === -1 ? text.length : next);
};
