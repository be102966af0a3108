/**
 * Markdown that arrives piece by piece, as blocks: those that nothing can change any more, and the one that is still
 * open. Only the open one has to be rendered again, and it never becomes long, whatever a model (or somebody who means
 * harm) writes: long lists, tables, code and paragraphs are continued in another block.
 */
import { lexer, type Token, type Tokens } from 'marked';

export interface Block {
  /** `code`: of a fence; grows at its end only. `continued`: without a gap before it. */
  readonly kind: 'markdown' | 'code';
  /** Markdown; of `code` what stands between the fences. */
  readonly text: string;
  /** Of `code`: what stands behind the opening fence. */
  readonly info: string;
  readonly continued: boolean;
}

interface Fence {
  readonly mark: string;
  readonly length: number;
  readonly indent: number;
  readonly info: string;
}

/** UTF-16 units from which on the open block is continued in another one, where its kind allows it. */
const LONG = 2000;
/** Of a paragraph, where the cut can be seen. */
const LONG_PARAGRAPH = 4000;
/** And from which on it is cut wherever a line ends. */
const TOO_LONG = 16_000;
const SLICE = 2048;

const OPENING = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/;
/** Lists and indented code go on behind one. */
const ENDED_BY_BLANK_LINE = new Set(['paragraph', 'heading', 'hr', 'table', 'blockquote']);
const MAY_CLOSE = /^ {0,3}(?:`|~|$)/;

export class BlockSplitter {
  /** Of the open block. */
  #tail = '';
  /** The head of a table that is continued. */
  #head = '';
  #fence: Fence | null = null;
  #code = '';
  #continued = false;
  /** Up to where the tail was looked at for the ends of blocks. */
  #lookedAt = 0;
  #finished: Block[] = [];

  push(text: string): void {
    const lines = text.replaceAll('\r', '');
    // In slices, so that a long text costs no more than many short ones.
    for (let at = 0; at < lines.length; at += SLICE) {
      this.#tail += lines.slice(at, at + SLICE);
      while (this.#advance()) {
        // Until nothing of what is there is finished.
      }
    }
  }

  /** Nothing follows. */
  end(): void {
    if (this.#fence !== null) {
      // The closing fence may stand there without a line feed.
      if (!isClosing(this.#tail, this.#fence)) this.#code += unindented(this.#tail, this.#fence.indent);
      this.#closeFence('');
    } else if (this.#tail !== '') {
      const tail = this.#tail;
      for (const { raw } of tokensOf(this.#head + tail)) this.#finish(raw);
      this.#tail = '';
    }
    this.#head = '';
  }

  /** The blocks that were finished since the last call. */
  takeFinished(): readonly Block[] {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  /** The open block; null where nothing has come since the last one. */
  get open(): Block | null {
    if (this.#fence !== null)
      return this.#codeBlock(withoutLast(this.#code + this.#visibleLine(this.#fence)));
    if (this.#tail.trim() === '') return null;
    return { kind: 'markdown', text: this.#head + this.#tail, info: '', continued: this.#continued };
  }

  /** Returns whether something was finished. */
  #advance(): boolean {
    if (this.#fence !== null) return this.#advanceCode(this.#fence);
    const end = this.#tail.lastIndexOf('\n') + 1;
    if (end > this.#lookedAt) {
      this.#lookedAt = end;
      if (this.#advanceBlocks(end)) return true;
    }
    return this.#tail.length > LONG && this.#cutLong();
  }

  /** Finishes all blocks of the whole lines, but for the last where it may go on. */
  #advanceBlocks(end: number): boolean {
    const tokens = tokensOf(this.#head + this.#tail.slice(0, end));
    let last = tokens.length - 1;
    while (last > 0 && tokens[last]?.type === 'space') last--;
    if (last < tokens.length - 1 && ENDED_BY_BLANK_LINE.has(tokens[last]?.type ?? '')) last = tokens.length;
    let length = 0;
    for (const [at, token] of tokens.entries()) {
      const opening = token.type === 'code' ? OPENING.exec(token.raw) : null;
      if (opening !== null) {
        this.#drop(length + opening[0].length);
        this.#openFence(opening);
        return true;
      }
      if (at >= last) break;
      length += token.raw.length;
      this.#finish(token.raw);
    }
    if (length === 0) return false;
    this.#drop(length);
    return true;
  }

  /** Takes what is finished from the tail. @param length with the head of a continued table before it */
  #drop(length: number): void {
    this.#tail = this.#tail.slice(Math.max(0, length - this.#head.length));
    this.#lookedAt = 0;
    if (length > 0) this.#head = '';
  }

  #finish(text: string): void {
    if (text.trim() !== '') {
      this.#finished.push({ kind: 'markdown', text, info: '', continued: this.#continued });
    }
    this.#continued = false;
  }

  #openFence([, indent = '', fence = '', info = '']: readonly string[]): void {
    this.#fence = { mark: fence.charAt(0), length: fence.length, indent: indent.length, info: info.trim() };
    this.#code = '';
  }

  // --- code -------------------------------------------------------------------------------

  #advanceCode(fence: Fence): boolean {
    let at = 0;
    for (let end = this.#tail.indexOf('\n'); end >= 0; end = this.#tail.indexOf('\n', at)) {
      const line = this.#tail.slice(at, end);
      at = end + 1;
      if (isClosing(line, fence)) {
        this.#closeFence(this.#tail.slice(at));
        return true;
      }
      this.#code += `${unindented(line, fence.indent)}\n`;
    }
    this.#tail = this.#tail.slice(at);
    return false;
  }

  #closeFence(rest: string): void {
    this.#finished.push(this.#codeBlock(withoutLast(this.#code)));
    this.#fence = null;
    this.#code = '';
    this.#tail = rest;
    this.#lookedAt = 0;
    this.#continued = false;
  }

  /** The line that is not whole yet, unless it may become the closing fence. */
  #visibleLine({ indent }: Fence): string {
    return indent > 0 || MAY_CLOSE.test(this.#tail) ? '' : this.#tail;
  }

  #codeBlock(text: string): Block {
    return { kind: 'code', text, info: this.#fence?.info ?? '', continued: false };
  }

  // --- what becomes long ------------------------------------------------------------------

  #cutLong(): boolean {
    const tokens = tokensOf(this.#head + this.#tail);
    const [token] = tokens;
    if (tokens.length === 1 && token !== undefined) {
      if (token.type === 'list') return this.#cutList(token as Tokens.List);
      if (token.type === 'table') return this.#cutTable();
      if (token.type === 'paragraph') return this.#cutParagraph(token as Tokens.Paragraph);
    }
    return this.#cutAnywhere();
  }

  #cutList({ items }: Tokens.List): boolean {
    const length = items.slice(0, -1).reduce((sum, { raw }) => sum + raw.length, 0);
    if (length < LONG / 2) return this.#cutAnywhere();
    return this.#cutAt(length);
  }

  /** What follows gets the same head. */
  #cutTable(): boolean {
    const whole = this.#head + this.#tail;
    const headEnd = whole.indexOf('\n', whole.indexOf('\n') + 1) + 1;
    const head = whole.slice(0, headEnd);
    const end = this.#tail.lastIndexOf('\n', this.#tail.length - 2) + 1;
    if (end < LONG / 2 || head.length > LONG) return this.#cutAnywhere();
    this.#cutAt(end);
    this.#head = head;
    return true;
  }

  /** Behind a word that stands in no emphasis, link or code. */
  #cutParagraph({ tokens }: Tokens.Paragraph): boolean {
    if (this.#tail.length < LONG_PARAGRAPH) return false;
    let [offset, cut] = [0, 0];
    for (const { type, raw } of tokens) {
      if (type === 'text') {
        const sentence = raw.search(/[.!?…]\s[^.!?…]*$/) + 2;
        const word = Math.max(sentence > 1 ? sentence : 0, raw.lastIndexOf(' ') + 1);
        if (word > 0) cut = offset + (sentence > 1 ? sentence : word);
      }
      offset += raw.length;
    }
    if (cut < LONG / 2 || cut >= this.#tail.length) return this.#cutAnywhere();
    this.#cutAt(cut);
    this.#continued = true;
    return true;
  }

  #cutAnywhere(): boolean {
    if (this.#tail.length < TOO_LONG) return false;
    const line = this.#tail.lastIndexOf('\n', TOO_LONG) + 1;
    const word = this.#tail.lastIndexOf(' ', TOO_LONG) + 1;
    this.#cutAt(line > LONG ? line : word > LONG ? word : TOO_LONG);
    this.#continued = line <= LONG;
    return true;
  }

  #cutAt(length: number): true {
    const text = this.#head + this.#tail.slice(0, length);
    this.#tail = this.#tail.slice(length);
    this.#head = '';
    this.#lookedAt = 0;
    this.#finish(text);
    return true;
  }
}

const isClosing = (line: string, { mark, length }: Fence): boolean => {
  const trimmed = line.trim();
  return trimmed.length >= length && line.search(/\S/) <= 3 && trimmed === mark.repeat(trimmed.length);
};

/** The line feed before the closing fence is none of the code's, so it is not shown before something follows it. */
const withoutLast = (code: string): string => (code.endsWith('\n') ? code.slice(0, -1) : code);

const unindented = (line: string, indent: number): string => {
  let at = 0;
  while (at < indent && line[at] === ' ') at++;
  return line.slice(at);
};

/** Quotations in quotations that nobody can read any more, and that cost more with each one. */
const TOO_DEEP = /^(?: {0,3}>){32}/m;

/** @returns whether a text is nested deeper than is drawn: it is shown as it is */
export const isTooDeep = (text: string): boolean => TOO_DEEP.test(text);

const tokensOf = (text: string): readonly Token[] => {
  try {
    if (!isTooDeep(text)) return lexer(text);
  } catch {
    // Lists, too, can be nested deeper than a stack holds.
  }
  return [{ type: 'text', raw: text, text }];
};
