/** A bare socket that has become a WebSocket: upgrades, finds frames, answers pings of the protocol itself. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { CLOSE, type FrameHandler, FrameScanner, masked, PING, PONG, TEXT } from './frames.js';

/** Where to connect to. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Of the URL, its query included. */
  readonly path: string;
  /** With TLS, and a certificate that the system trusts. */
  readonly secure: boolean;
}

export interface LinkHandler {
  /** Something has come and will be handled now. */
  onReading(): void;
  /** The upgrade was answered. */
  onUpgraded(): void;
  /** A text message, at `bytes[start … end)`: only there while this is called. */
  onText(bytes: Buffer, start: number, end: number): void;
  /** Everything that came at once has been handled. */
  onRead(): void;
  /** It has ended, once; not called for what was dropped here. */
  onEnded(why: string): void;
}

const UPGRADED = 'HTTP/1.1 101 ';
const HEAD_END = '\r\n\r\n';

export class Link implements FrameHandler {
  readonly #socket: Socket;
  readonly #handler: LinkHandler;
  readonly #scanner = new FrameScanner(this);
  #upgraded = false;
  #ended = false;
  #closeCode: number | null = null;

  /**
   * @param localAddress to connect from; null: the system's choice
   * @param readBuffer what is read lies here until it is handled; shared by all links of a process
   */
  constructor(place: Place, localAddress: string | null, readBuffer: Buffer, handler: LinkHandler) {
    this.#handler = handler;
    const { host, port, path, secure } = place;
    const options = {
      host,
      port,
      noDelay: true,
      ...(localAddress === null ? {} : { localAddress }),
      onread: {
        buffer: readBuffer,
        callback: (length: number): boolean => {
          this.#read(readBuffer.subarray(0, length));
          return true;
        },
      },
    };
    this.#socket = secure ? connectTls(options) : connectPlain(options);
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('TCP ended'));
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host.includes(':') ? `[${host}]` : host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
  }

  write(frame: Buffer): void {
    this.#socket.write(frame);
  }

  /** Reads no more, so that what comes fills the kernel's buffers and then the server's. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends it from here, with a FIN. */
  drop(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  /** Ends it from here, with a RST: no port of this machine waits for stray segments afterwards. */
  reset(): void {
    this.#ended = true;
    this.#socket.resetAndDestroy();
  }

  onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === TEXT) this.#handler.onText(bytes, start, end);
    else if (opcode === PING) this.write(masked(PONG, Buffer.from(bytes.subarray(start, end))));
    else if (opcode === CLOSE) this.#closeCode = end - start < 2 ? 1005 : bytes.readUInt16BE(start);
  }

  #read(piece: Buffer): void {
    this.#handler.onReading();
    if (this.#upgraded) this.#scanner.scan(piece);
    else this.#readHead(piece);
    if (!this.#ended) this.#handler.onRead();
  }

  #readHead(piece: Buffer): void {
    // The head of the answer is short, and a server sends it in one piece.
    const head = piece.toString('latin1');
    const end = head.indexOf(HEAD_END);
    if (!head.startsWith(UPGRADED) || end === -1) {
      this.#end(`The upgrade was refused: ${head.slice(0, head.indexOf('\r\n'))}`);
      this.drop();
      return;
    }
    this.#upgraded = true;
    this.#handler.onUpgraded();
    this.#scanner.scan(piece.subarray(end + HEAD_END.length));
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handler.onEnded(this.#closeCode === null ? why : `close ${this.#closeCode}`);
  }
}
