/** One connection of a crowd: a bare socket that authenticates, answers pings, and counts what else comes. */
import { connect, type Socket } from 'node:net';
import { CLOSE, type FrameHandler, FrameScanner, masked, maskedText, PING, pingSeq, TEXT } from './frames.js';

/** What a crowd has seen; one object for all its members. */
export interface Counts {
  /** Connections that have authenticated and are open. */
  open: number;
  /** Heartbeats received, each of them answered. */
  pings: number;
  /** Text frames received besides those and the answers to handshakes. */
  texts: number;
  /** Connections that ended although nobody here ended them, by why. */
  lost: Record<string, number>;
}

/** What the members of a crowd share. */
export interface Site {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly counts: Counts;
  /** What a member reads lies here until its handler returns. */
  readonly readBuffer: Buffer;
  /** The answer to each ping, by its seq: made once for all members. */
  readonly pongs: Map<number, Buffer>;
}

const UPGRADED = 'HTTP/1.1 101 ';
const HEAD_END = '\r\n\r\n';
const CLIENT_VERSION = '0.9.4';

const pongFrame = (seq: number): Buffer =>
  maskedText(`{"jsonrpc":"2.0","method":"heartbeat.pong","params":{"seq":${seq}}}`);

export class Member implements FrameHandler {
  readonly #site: Site;
  readonly #socket: Socket;
  readonly #clientId: string;
  readonly #scanner = new FrameScanner(this);
  /** Set from the start until the answer to the handshake: what is told how it went. */
  #joining: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;
  #upgraded = false;
  #closeCode: number | null = null;
  #leaving = false;

  private constructor(site: Site, clientId: string, localAddress: string | null) {
    this.#site = site;
    this.#clientId = clientId;
    this.#socket = connect({
      host: site.host,
      port: site.port,
      noDelay: true,
      ...(localAddress === null ? {} : { localAddress }),
      onread: {
        buffer: site.readBuffer,
        callback: (length) => {
          this.#read(site.readBuffer.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.#ended(error.message));
    this.#socket.on('close', () => this.#ended('TCP ended'));
  }

  /** Connects and authenticates. Rejects with what stood in the way. */
  static join(site: Site, clientId: string, localAddress: string | null): Promise<Member> {
    return new Promise((resolve, reject) => {
      const member = new Member(site, clientId, localAddress);
      member.#joining = { resolve: () => resolve(member), reject };
      member.#socket.write(
        `GET / HTTP/1.1\r\nHost: ${site.host}:${site.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
    });
  }

  /** Drops the connection. */
  leave(): void {
    this.#leaving = true;
    this.#socket.destroy();
  }

  onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === TEXT) this.#onText(bytes, start, end);
    else if (opcode === PING) this.#socket.write(masked(0xa, Buffer.from(bytes.subarray(start, end))));
    else if (opcode === CLOSE) this.#closeCode = end - start < 2 ? 1005 : bytes.readUInt16BE(start);
  }

  #onText(bytes: Buffer, start: number, end: number): void {
    const { counts, pongs } = this.#site;
    const joining = this.#joining;
    if (joining !== null) {
      this.#joining = null;
      const answer = bytes.toString('utf8', start, end);
      if (answer.includes('"error"')) {
        joining.reject(new Error(`The handshake was refused: ${answer}`));
        this.leave();
        return;
      }
      counts.open += 1;
      joining.resolve();
      return;
    }
    const seq = pingSeq(bytes, start, end);
    if (seq === null) {
      counts.texts += 1;
      return;
    }
    counts.pings += 1;
    let pong = pongs.get(seq);
    if (pong === undefined) {
      pong = pongFrame(seq);
      pongs.set(seq, pong);
    }
    this.#socket.write(pong);
  }

  #read(piece: Buffer): void {
    if (this.#upgraded) {
      this.#scanner.scan(piece);
      return;
    }
    // The head of the answer is short, and a server sends it in one piece.
    const head = piece.toString('latin1');
    const end = head.indexOf(HEAD_END);
    if (!head.startsWith(UPGRADED) || end === -1) {
      this.#ended(`The upgrade was refused: ${head.slice(0, head.indexOf('\r\n'))}`);
      this.leave();
      return;
    }
    this.#upgraded = true;
    const params = { client_id: this.#clientId, client_version: CLIENT_VERSION, token: this.#site.token };
    this.#socket.write(
      maskedText(JSON.stringify({ jsonrpc: '2.0', method: 'auth.handshake', params, id: 1 })),
    );
    this.#scanner.scan(piece.subarray(end + HEAD_END.length));
  }

  /** Harmless twice. */
  #ended(why: string): void {
    const joining = this.#joining;
    this.#joining = null;
    if (joining !== null) joining.reject(new Error(why));
    else if (!this.#leaving) {
      const { counts } = this.#site;
      const reason = this.#closeCode === null ? why : `close ${this.#closeCode}`;
      counts.open -= 1;
      counts.lost[reason] = (counts.lost[reason] ?? 0) + 1;
    }
    this.#leaving = true;
  }
}
