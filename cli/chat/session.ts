/** A conversation on a terminal: what is typed, said and heard, for as long as somebody sits there. */
import { type CloseInfo, ConnectionClosedError, type Gateway, type StateEvent } from '../../client/node.js';
import { resolveHome } from '../../server/config/home.js';
import { explained } from '../connection.js';
import { CliError } from '../io.js';
import { printable, printableLine, styleFor, type Terminal } from '../terminal.js';
import { Channels } from './channels.js';
import { asCommand, asMessage, complete, runCommand } from './commands.js';
import { Editor } from './editor.js';
import { HistoryFile } from './history-file.js';
import { type Input, PlainInput } from './input.js';
import { LineQueue } from './line-queue.js';
import { Overheard } from './overheard.js';
import { failureOf, printReply } from './reply.js';
import { Screen } from './screen.js';

export interface SessionOptions {
  /** Comes back by itself where the connection breaks. */
  readonly client: Gateway;
  readonly url: string;
  readonly io: Terminal;
  /** The channel to begin in; left out: default. */
  readonly channel: string | undefined;
}

/** What is under way between two prompts. */
interface Busy {
  /** Ctrl+C. */
  interrupt(): void;
  /** The program is to end. */
  stop(): void;
}

export class Session {
  readonly #client: Gateway;
  readonly #url: string;
  readonly #io: Terminal;
  readonly #screen: Screen;
  readonly #queue = new LineQueue();
  readonly #history: HistoryFile;
  readonly #channels: Channels;
  readonly #input: Input;
  readonly #dim: (text: string) => string;
  #busy: Busy | null = null;
  #isLost = false;
  #wasHinted = false;

  constructor({ client, url, io, channel }: SessionOptions) {
    this.#client = client;
    this.#url = url;
    this.#io = io;
    this.#dim = styleFor(io).dim;
    this.#screen = new Screen(io.stdout);
    this.#history = new HistoryFile(resolveHome(io.env));
    this.#channels = new Channels(client, channel);
    this.#input = this.#openInput();
  }

  /** Until somebody ends it. @throws ConnectionClosedError where the connection has ended for good */
  async run(): Promise<void> {
    let over: CloseInfo | null = null;
    void this.#client.closed.then((close) => {
      over = close;
      this.#queue.end();
    });
    const stopListening = [
      this.#io.onSignal(['SIGINT'], () => this.#interrupt()),
      this.#io.onSignal(['SIGTERM', 'SIGHUP'], () => {
        this.#queue.takeAll();
        this.#queue.end();
        this.#busy?.stop();
      }),
    ];
    try {
      if (await this.#enter()) {
        this.#listen();
        this.#greet();
        await this.#converse();
      }
    } finally {
      for (const stop of stopListening) stop();
      this.#input.close();
      this.#screen.endLine();
    }
    if (over !== null) throw new ConnectionClosedError(over);
  }

  #openInput(): Input {
    const { stdin, stdout, env } = this.#io;
    if (stdin.setRawMode === undefined || !stdout.isTTY || env.TERM === 'dumb')
      return new PlainInput(this.#io, this.#screen, this.#queue);
    return new Editor({
      io: this.#io,
      queue: this.#queue,
      history: () => this.#history.entries,
      complete: (text) => complete(text, this.#channels.choices),
      onInterrupt: () => this.#interrupt(),
      onPasteCut: (limitChars) => this.#note(`The paste was cut to ${limitChars} characters.`),
    });
  }

  /** False: somebody did not want to wait for the gateway. */
  async #enter(): Promise<boolean> {
    const stopping = new AbortController();
    const stop = (): void => stopping.abort();
    this.#busy = { interrupt: stop, stop };
    try {
      await this.#channels.enter({ signal: stopping.signal });
      return true;
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
      return false;
    } finally {
      this.#busy = null;
    }
  }

  #greet(): void {
    const where = `Connected to ${printableLine(this.#url)}, channel ${this.#channels.name}.`;
    this.#screen.line(this.#dim(where));
    this.#screen.line(this.#dim('Alt-Enter begins a new line; /help lists commands and keys; Ctrl-D ends.'));
    const { problem } = this.#history;
    if (problem !== null)
      this.#screen.line(this.#dim(`What you type is not kept for the next time: ${problem}.`));
  }

  get #prompt(): string {
    return `${styleFor(this.#io).bold(`${this.#channels.name}>`)} `;
  }

  /** A line of its own: above the prompt, or in the middle of a reply. */
  #note(text: string): void {
    this.#input.aside(() => this.#screen.line(this.#dim(text)));
  }

  // --- what is heard ---------------------------------------------------------------------

  #listen(): void {
    this.#client.on('state', (event) => this.#connectionChanged(event));
    this.#client.on('notification', ({ type, msg }) => {
      this.#input.aside(() => this.#screen.line(`[${printableLine(type)}] ${printable(msg)}`));
    });
    new Overheard(this.#client, () => this.#channels.id, this.#io).listen((text) =>
      this.#input.aside(() => this.#screen.line(text)),
    );
  }

  #connectionChanged(event: StateEvent): void {
    if (event.state === 'waiting' && !this.#isLost) {
      this.#isLost = true;
      const { error } = event;
      const reason = error instanceof ConnectionClosedError ? printableLine(error.close.reason) : '';
      this.#note(`Connection lost, reconnecting…${reason === '' ? '' : ` (${reason})`}`);
    } else if (event.state === 'open' && this.#isLost) {
      this.#isLost = false;
      this.#note('Connected again.');
    }
  }

  #interrupt(): void {
    if (this.#busy !== null) {
      this.#input.takeBack();
      this.#busy.interrupt();
    } else if (this.#input.takeBack()) {
      // Pressed so soon behind Enter that nobody has begun with the line.
      this.#input.prompt(this.#prompt);
    } else if (!this.#input.clear() && !this.#wasHinted) {
      this.#wasHinted = true;
      this.#note('/quit or Ctrl-D ends the conversation.');
    }
  }

  // --- what is said ----------------------------------------------------------------------

  async #converse(): Promise<void> {
    for (;;) {
      let line = this.#queue.take() ?? null;
      if (line === null) {
        this.#input.prompt(this.#prompt);
        line = await this.#queue.next();
      } else if (!line.isShown) this.#screen.line(this.#prompt + line.text);
      if (line === null) return;
      this.#wasHinted = false;
      if (line.text.trim() === '') continue;
      this.#history.add(line.text);
      if (!(await this.#did(line.text))) return;
    }
  }

  /** Returns whether the conversation goes on. What fails does not end it, but for the connection. */
  async #did(text: string): Promise<boolean> {
    const stopping = new AbortController();
    const { signal } = stopping;
    const stop = (): void => stopping.abort();
    try {
      const command = asCommand(text);
      if (command === null) {
        await this.#say(asMessage(text), stopping);
        return true;
      }
      this.#busy = { interrupt: stop, stop };
      const context = {
        client: this.#client,
        url: this.#url,
        io: this.#io,
        channels: this.#channels,
        signal,
      };
      const printed = await runCommand(command, context);
      if (printed === null) return false;
      this.#screen.write(printed);
    } catch (error) {
      if (signal.aborted) this.#note('Given up.');
      else this.#screen.line(this.#dim(sentenceOf(error)));
    } finally {
      this.#busy = null;
    }
    return true;
  }

  /** The first interrupt cancels the reply, the second does not wait for its end any longer. */
  async #say(message: string, stopping: AbortController): Promise<void> {
    const reply = this.#client.chat.send({ message, channel: this.#channels.id });
    let isCancelled = false;
    this.#busy = {
      interrupt: () => {
        if (isCancelled) stopping.abort();
        else reply.cancel().catch(() => {});
        if (!isCancelled && this.#isLost)
          this.#note('It is cancelled as soon as the gateway is back; Ctrl-C again does not wait for that.');
        isCancelled = true;
      },
      stop: () => stopping.abort(),
    };
    const { signal } = stopping;
    const printing = { client: this.#client, io: this.#io, screen: this.#screen, signal };
    try {
      const failure = failureOf(await printReply(reply, printing));
      if (failure !== null) this.#screen.line(this.#dim(failure));
    } catch (error) {
      if (!signal.aborted) throw error;
      this.#note('The reply goes on without you; /history shows what has come of it.');
    }
  }
}

/** What failed, for whoever typed it. @throws a lost connection, and a fault of this program */
const sentenceOf = (error: unknown): string => {
  if (error instanceof ConnectionClosedError) throw error;
  // A message that was cancelled before it was sent.
  if (error instanceof DOMException && error.name === 'AbortError') return error.message;
  const sentence = explained(error);
  if (sentence instanceof CliError) return sentence.message;
  throw error;
};
