/** Markdown on the screen while it arrives: what is finished is drawn once, and each frame takes no more than its share. */
import { type Block, BlockSplitter } from './blocks.js';
import { CodeView } from './code-view.js';
import { type Draw, schedule, unschedule } from './frames.js';
import { type Links, noLinks, renderMarkdown } from './render.js';

/** UTF-16 units taken in one go. */
const SLICE = 512;
/** An open block is not drawn again before it has been left alone for this many times as long as it took. */
const REST = 3;

interface Drawn {
  readonly element: HTMLElement;
  readonly text: string;
  readonly code: CodeView | null;
  /** How many link definitions were known. */
  readonly links: number;
}

export class MarkdownView {
  readonly #container: HTMLElement;
  readonly #splitter = new BlockSplitter();
  readonly #links: Links = noLinks();
  #pending = '';
  #undrawn: Block[] = [];
  /** Nothing follows, and the splitter knows. */
  #hasEnded = false;
  #isEnded = false;
  #isFlushed = false;
  #open: Drawn | null = null;
  readonly #finished: Drawn[] = [];
  #notBeforeMs = 0;
  readonly #draw: Draw = (isOverdue) => this.#drawSome(isOverdue);

  constructor(container: HTMLElement) {
    this.#container = container;
  }

  append(text: string): void {
    this.#pending += text;
    schedule(this.#draw);
  }

  /** Nothing follows. */
  end(): void {
    this.#hasEnded = true;
    schedule(this.#draw);
  }

  dispose(): void {
    unschedule(this.#draw);
  }

  #drawSome(isOverdue: () => boolean): boolean {
    while (this.#take()) if (isOverdue()) return true;
    return !this.#isFlushed && this.#drawOpen();
  }

  /** The next small piece of work: a block, or some text. Returns whether there was any. */
  #take(): boolean {
    const block = this.#undrawn.shift();
    if (block !== undefined) {
      this.#finished.push(this.#place(block));
      this.#open = null;
      this.#notBeforeMs = 0;
      return true;
    }
    if (this.#pending !== '') {
      this.#splitter.push(this.#pending.slice(0, SLICE));
      this.#pending = this.#pending.slice(SLICE);
    } else if (this.#hasEnded && !this.#isEnded) {
      this.#isEnded = true;
      this.#splitter.end();
    } else {
      if (this.#isEnded && !this.#isFlushed) this.#flush();
      return false;
    }
    this.#undrawn.push(...this.#splitter.takeFinished());
    return true;
  }

  #flush(): void {
    this.#isFlushed = true;
    this.#open?.element.remove();
    this.#open = null;
    // Links whose address stands further down than they do.
    const known = Object.keys(this.#links).length;
    for (const [at, drawn] of this.#finished.entries()) {
      if (drawn.links === known || drawn.code !== null || !drawn.text.includes('[')) continue;
      const again = this.#render(drawn.text, drawn.element.className);
      drawn.element.replaceWith(again.element);
      this.#finished[at] = again;
    }
  }

  /** Returns whether it is to be drawn again although nothing has come. */
  #drawOpen(): boolean {
    const block = this.#splitter.open;
    if (block === null || block.text === this.#open?.text) return false;
    const startedMs = performance.now();
    if (startedMs < this.#notBeforeMs) return true;
    this.#open = this.#place(block);
    const endedMs = performance.now();
    this.#notBeforeMs = endedMs + REST * (endedMs - startedMs);
    return false;
  }

  /** Draws a block in the place of the open one. */
  #place(block: Block): Drawn {
    const open = this.#open;
    if (block.kind === 'code') {
      const code = open?.code ?? new CodeView(block.info);
      code.update(block.text);
      if (open?.code !== code) this.#put(code.element, open);
      return { element: code.element, text: block.text, code, links: 0 };
    }
    if (open !== null && open.code === null && open.text === block.text) return open;
    const drawn = this.#render(block.text, block.continued ? 'block continued' : 'block');
    this.#put(drawn.element, open);
    return drawn;
  }

  #render(text: string, className: string): Drawn {
    const element = document.createElement('div');
    element.className = className;
    element.append(renderMarkdown(text, this.#links));
    return { element, text, code: null, links: Object.keys(this.#links).length };
  }

  #put(element: HTMLElement, open: Drawn | null): void {
    if (open === null) this.#container.append(element);
    else open.element.replaceWith(element);
  }
}

/** Draws a little of everything where nobody sees it, so that the first words of a reply find all of it ready. */
export const warmUp = (): void => {
  const view = new MarkdownView(document.createElement('div'));
  view.append(
    '# a\n\nb **c** `d` [e](https://example.org)\n\n- f\n\n| g |\n|---|\n| h |\n\n> i\n\n```\nj\n```\n'.repeat(
      20,
    ),
  );
  view.end();
};
