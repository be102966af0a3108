/** One connection that gets in, and from then on has always as many requests in flight as it was told. */
import { CLOSE, type FrameHandler, FrameScanner, masked, maskedText, PING, TEXT } from '../../load/frames.js';
import type { Dialect, Step } from './dialects.js';
import { type Line, type LineHandler, openLine } from './line.js';
import type { FrameRing } from './ring.js';

/** What all players of a process share. */
export interface Table {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly dialect: Dialect;
  readonly ring: FrameRing;
  readonly depth: number;
  /** Everybody who has come, in or not yet. */
  readonly players: Player[];
  /** False: an answer brings no next request. */
  playing: boolean;
  /** Sent and answered so far; that of getting in does not count. */
  requests: number;
  replies: number;
  /** Called when nobody plays any more and the last answer has come. */
  onSilence: (() => void) | null;
  /** Called when a connection ends or hears what it should not. */
  readonly failed: (why: string) => void;
}

const HEAD_END = '\r\n\r\n';
const PONG = 0xa;
/** No answer to a request that nobody has sent is this long. */
const UNKNOWN = -1;

export class Player implements FrameHandler, LineHandler {
  readonly #table: Table;
  readonly #line: Line;
  readonly #scanner = new FrameScanner(this);
  readonly #steps: Step[];
  readonly #joined: () => void;
  #upgraded = false;
  /** Length of every right answer, known from the first one, which is read. */
  #replyLength = UNKNOWN;
  #arrived = 0;
  #next = 0;
  #leaving = false;

  private constructor(table: Table, joined: () => void) {
    this.#table = table;
    this.#joined = joined;
    this.#steps = [...table.dialect.opening(table.token)];
    table.players.push(this);
    this.#line = openLine(table.host, table.port, this);
  }

  /** Resolves once it is in and its first request has got the right answer. What goes wrong is told to the table. */
  static join(table: Table): Promise<void> {
    return new Promise((resolve) => new Player(table, resolve));
  }

  /** Sends the first requests; each answer brings the next one, as long as anybody plays. */
  play(): void {
    this.#play(this.#table.depth);
  }

  leave(): void {
    this.#leaving = true;
    this.#line.end();
  }

  onOpen(): void {
    const { dialect, host, port } = this.#table;
    this.#line.write(
      Buffer.from(
        `GET ${dialect.path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      ),
    );
  }

  onEnd(why: string): void {
    this.#fail(why);
  }

  onBytes(piece: Buffer): void {
    if (!this.#upgraded) {
      this.#upgrade(piece);
      return;
    }
    this.#arrived = 0;
    this.#scanner.scan(piece);
    const arrived = this.#arrived;
    if (arrived === 0) return;
    const table = this.#table;
    table.replies += arrived;
    if (table.playing) this.#play(arrived);
    else if (table.replies === table.requests) table.onSilence?.();
  }

  onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === TEXT && end - start === this.#replyLength) this.#arrived += 1;
    else if (opcode === TEXT) this.#onText(bytes.toString('utf8', start, end));
    else if (opcode === PING) this.#line.write(masked(PONG, Buffer.from(bytes.subarray(start, end))));
    else if (opcode === CLOSE)
      this.#fail(`it was closed with ${end - start < 2 ? 1005 : bytes.readUInt16BE(start)}`);
    else this.#fail(`it got a frame with opcode ${opcode}`);
  }

  #onText(text: string): void {
    const { dialect } = this.#table;
    const step = this.#steps.shift();
    if (step !== undefined) {
      if (!step.expect.test(text)) this.#fail(`it was not let in: ${text}`);
      else if (this.#steps.length > 0) this.#takeStep();
      else this.#send(1);
      return;
    }
    if (this.#replyLength === UNKNOWN && dialect.answers(text, 0)) {
      this.#replyLength = Buffer.byteLength(text);
      this.#joined();
      return;
    }
    const answer = dialect.keepAlive(text);
    if (answer === null) this.#fail(`it got no answer but ${text}`);
    else this.#line.write(maskedText(answer));
  }

  /** Says what the next step of getting in says. */
  #takeStep(): void {
    const say = this.#steps[0]?.say ?? null;
    if (say !== null) this.#line.write(maskedText(say));
  }

  #play(count: number): void {
    this.#table.requests += count;
    this.#send(count);
  }

  #send(count: number): void {
    const { ring } = this.#table;
    this.#line.write(ring.slice(this.#next, count));
    this.#next = ring.next(this.#next, count);
  }

  /** The head of the answer is short, and a server sends it in one piece. */
  #upgrade(piece: Buffer): void {
    const head = piece.toString('latin1');
    const end = head.indexOf(HEAD_END);
    if (!head.startsWith('HTTP/1.1 101 ') || end === -1) {
      this.#fail(`it was refused the upgrade: ${head.slice(0, head.indexOf('\r\n'))}`);
      return;
    }
    this.#upgraded = true;
    this.#takeStep();
    this.#scanner.scan(piece.subarray(end + HEAD_END.length));
  }

  #fail(why: string): void {
    if (this.#leaving) return;
    this.leave();
    this.#table.failed(`A connection failed: ${why}.`);
  }
}
