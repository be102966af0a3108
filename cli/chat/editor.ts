/**
 * A line that is typed at a terminal, key by key: several lines in one message, pastes, earlier messages. Editing within the line and
 * drawing it are those of node:readline.
 */
import { createInterface, emitKeypressEvents, type Interface, moveCursor } from 'node:readline';
import { PassThrough, Writable } from 'node:stream';
import { printable, type Terminal } from '../terminal.js';
import type { Input } from './input.js';
import { isContinued, type LineQueue, type TypedLine } from './line-queue.js';
import { Paste } from './paste.js';
import { Recall, Search } from './recall.js';

/** As `keypress` of node:readline has it. */
interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

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
const ERASE_BELOW = '\r\u001b[J';

/** What readline draws, while the prompt is to be seen. */
class PromptOutput extends Writable {
  isHidden = true;
  readonly isTTY = true;
  readonly #stdout: Terminal['stdout'];

  constructor(stdout: Terminal['stdout']) {
    super({ decodeStrings: false });
    this.#stdout = stdout;
  }

  get columns(): number {
    return this.#stdout.columns || 80;
  }

  get rows(): number {
    return this.#stdout.rows || 24;
  }

  override _write(text: unknown, _encoding: BufferEncoding, done: () => void): void {
    if (!this.isHidden) this.#stdout.write(String(text));
    done();
  }
}

export class Editor implements Input {
  readonly #options: EditorOptions;
  readonly #output: PromptOutput;
  readonly #readline: Interface;
  /** The same, with the two parts of it that may be set between keys. */
  readonly #typed: { line: string; cursor: number };
  readonly #recall: Recall;
  #paste: Paste | null = null;
  #search: Search | null = null;
  /** What was typed before the search. */
  #draft = '';
  #prompt = '';

  constructor(options: EditorOptions) {
    this.#options = options;
    const { stdin, stdout } = options.io;
    this.#output = new PromptOutput(stdout);
    this.#recall = new Recall(options.history);
    // Keys reach it by `write`, those that mean something else here excepted.
    const input = Object.assign(new PassThrough(), {
      setRawMode: (isRaw: boolean) => stdin.setRawMode?.(isRaw),
    });
    this.#readline = createInterface({
      input,
      output: this.#output,
      terminal: true,
      historySize: 0,
      completer: (text: string) => options.complete(text),
    });
    this.#typed = this.#readline as { line: string; cursor: number };
    this.#readline.on('SIGCONT', () => stdout.write(PASTES_ON));
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
    this.#readline.setPrompt(text);
    this.#show();
  }

  aside(write: () => void): void {
    const wasShown = !this.#output.isHidden;
    if (wasShown) this.#hide();
    write();
    if (wasShown) this.#show();
  }

  clear(): boolean {
    if (this.#typed.line === '') return false;
    if (this.#take().isShown) this.#show();
    return true;
  }

  takeBack(): boolean {
    const texts = this.#options.queue.takeAll().map(({ text }) => text);
    if (texts.length === 0) return false;
    if (this.#typed.line !== '') texts.push(this.#typed.line);
    this.#set(texts.join('\n'));
    return true;
  }

  close(): void {
    const { stdin, stdout } = this.#options.io;
    stdin.off('keypress', this.#pressed);
    stdin.off('end', this.#ended);
    stdin.off('error', this.#ended);
    stdout.off?.('resize', this.#resized);
    stdin.pause();
    if (!this.#output.isHidden) this.#take();
    stdout.write(PASTES_OFF);
    this.#readline.close();
  }

  // --- the screen ------------------------------------------------------------------------

  /** Draws prompt and text from the cursor's line on; what stands above stays. */
  #show(): void {
    const { line, cursor } = this.#typed;
    // Drawn unseen and empty first: it has to forget how many lines above its cursor it began.
    this.#output.isHidden = true;
    this.#set('');
    this.#typed.line = line;
    this.#typed.cursor = cursor;
    this.#output.isHidden = false;
    this.#readline.prompt(true);
  }

  #hide(): void {
    moveCursor(this.#output, 0, -this.#readline.getCursorPos().rows);
    this.#output.write(ERASE_BELOW);
    this.#output.isHidden = true;
  }

  /** Takes what is typed; where it was to be seen, it stays on the screen, and a line begins below it. */
  #take(): TypedLine {
    const { line } = this.#typed;
    const isShown = !this.#output.isHidden;
    this.#set(line);
    this.#output.write('\n');
    this.#output.isHidden = true;
    this.#set('');
    this.#recall.reset();
    return { text: line, isShown };
  }

  #set(line: string, cursor = line.length): void {
    this.#typed.line = line;
    this.#typed.cursor = cursor;
    this.#readline.prompt(true);
  }

  #insert(text: string): void {
    const { line, cursor } = this.#typed;
    this.#recall.reset();
    this.#set(line.slice(0, cursor) + text + line.slice(cursor), cursor + text.length);
  }

  // --- the keys --------------------------------------------------------------------------

  readonly #ended = (): void => this.#options.queue.end();

  readonly #resized = (): void => {
    this.#output.emit('resize');
  };

  readonly #pressed = (text: string | undefined, key: Key): void => {
    const isInterrupt = key.ctrl === true && key.name === 'c';
    if (this.#paste !== null && !isInterrupt) this.#pasting(text, key);
    else if (key.name === 'paste-start') this.#paste = new Paste();
    else if (this.#search === null || !this.#searching(this.#search, text, key)) this.#edited(text, key);
    // Pressed in the middle of a paste: its end mark never came.
    if (isInterrupt) this.#paste = null;
  };

  #pasting(text: string | undefined, { name }: Key): void {
    if (this.#paste === null) return;
    if (name !== 'paste-end') {
      this.#paste.add(text ?? '');
      return;
    }
    const { text: pasted, isCut } = this.#paste;
    this.#paste = null;
    if (this.#search !== null) this.#endSearch(this.#search.found);
    this.#insert(pasted);
    if (isCut) this.#options.onPasteCut(Paste.MAX_CHARS);
  }

  #edited(text: string | undefined, key: Key): void {
    const { line, cursor } = this.#typed;
    switch (nameOf(key)) {
      case 'return':
        this.#entered(line);
        return;
      // Ctrl+J, and Enter with Alt.
      case 'enter':
      case 'meta-return':
      case 'meta-enter':
        this.#insert('\n');
        return;
      case 'ctrl-c':
        this.#options.onInterrupt();
        return;
      case 'ctrl-d':
        if (line === '') this.#options.queue.end();
        else this.#readline.write(null, key);
        return;
      case 'ctrl-r':
        if (!this.#output.isHidden) this.#beginSearch();
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
      // What they draw has no place in the middle of a reply.
      case 'tab':
      case 'ctrl-l':
        if (!this.#output.isHidden) this.#readline.write(null, key);
        return;
      default:
        this.#recall.reset();
        this.#readline.write(text as string, key);
    }
  }

  #entered(line: string): void {
    if (isContinued(line)) {
      this.#recall.reset();
      this.#set(`${line.slice(0, -1)}\n`);
    } else this.#options.queue.push(this.#take());
  }

  /** Puts the cursor elsewhere, or another text in the place of what is typed. */
  #moved(to: number | string | null): void {
    if (typeof to === 'number') this.#set(this.#typed.line, to);
    else if (to !== null) this.#set(to);
  }

  // --- searching -------------------------------------------------------------------------

  #beginSearch(): void {
    this.#draft = this.#typed.line;
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
    this.#readline.setPrompt(`search ${words === '' ? '' : `“${words}” `}> `);
    this.#set(found);
  }

  #endSearch(line: string): void {
    this.#search = null;
    this.#readline.setPrompt(this.#prompt);
    this.#recall.reset();
    this.#set(line);
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
