/** A socket thread, as the core's thread has it: its start, what it is told to do, and its end. */
import { Worker } from 'node:worker_threads';
import { ListenError } from '../port.js';
import { TlsError } from '../tls.js';
import { CoreSide, type CoreSideOptions } from './core-side.js';
import { batchBytes } from './link.js';
import { isParcel, LINK_CELLS, type Notice, type Order, type Refused, type ThreadData } from './messages.js';
import { type Parcel, Spares } from './spares.js';

export interface SocketThreadOptions extends Omit<CoreSideOptions, 'post' | 'newBuffer'> {
  readonly onFault: (what: string, error: unknown) => void;
  /** It has ended unasked, and its connections with it. */
  readonly onFailure: (error: Error) => void;
}

/** How long the end of the process waits for a thread to close its sockets. */
const EXIT_PATIENCE_MS = 1000;

const errorOf = ({ name, message }: Refused): Error =>
  name === 'TlsError' ? new TlsError(message) : new ListenError(message);

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class SocketThread {
  /** Resolves with the port it listens on; rejects with ListenError or TlsError. */
  readonly listening: Promise<number>;
  readonly #options: SocketThreadOptions;
  readonly #cells: Int32Array;
  readonly #worker: Worker;
  readonly #core: CoreSide;
  readonly #spares = new Spares();
  readonly #ended: Promise<void>;
  /** Those who wait for it to have done what it was told. */
  readonly #waiting = new Map<number, Waiting>();
  /** What it told before the core takes anything of it; null from then on. */
  #untaken: Parcel[] | null = [];
  #lastOrder = 0;
  #isListening = false;
  #isClosing = false;
  #hasEnded = false;

  constructor(options: SocketThreadOptions, data: ThreadData) {
    this.#options = options;
    this.#cells = data.cells;
    const worker = new Worker(new URL('./socket-worker.js', import.meta.url), { workerData: data });
    this.#worker = worker;
    this.#core = new CoreSide({
      ...options,
      newBuffer: this.#spares.take,
      post: (batch) => {
        const parcel = this.#spares.pack(batch);
        worker.postMessage(parcel, parcel);
      },
    });
    this.listening = new Promise((resolve, reject) => {
      worker.on('message', (said: Parcel | Notice) => {
        if (isParcel(said)) this.#receive(said);
        else if (said.kind === 'listening') {
          this.#isListening = true;
          resolve(said.port);
        } else if (said.kind === 'refused') reject(errorOf(said.refused));
        else if (said.kind === 'fault') options.onFault(said.what, said.error);
        else this.#done(said.order, said.refused);
      });
      worker.on('exit', () => reject(new ListenError('A socket thread ended before it listened.')));
    });
    this.#ended = new Promise((resolve) => {
      worker.on('error', (error) => options.onFault('socket thread', error));
      worker.on('exit', () => {
        this.#end();
        resolve();
      });
    });
  }

  /** From now on the core takes what it tells; who has come in before that has waited. */
  async begin(): Promise<void> {
    for (let parcel = this.#untaken?.shift(); parcel !== undefined; parcel = this.#untaken?.shift()) {
      const next = parcel;
      await new Promise<void>((resolve) => this.#take(next, resolve));
    }
    this.#untaken = null;
  }

  /**
   * Has it do something; resolves when it has. Rejects with ListenError or TlsError where it cannot, and nothing has
   * changed then; with another error where the thread ends first.
   */
  tell(order: Order): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    if (order.kind === 'stopListening') this.#core.stopping = true;
    this.#lastOrder += 1;
    const id = this.#lastOrder;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post(id, order);
    });
  }

  /** Closes everything that is left, and ends the thread. */
  async close(): Promise<void> {
    this.release();
    await this.#ended;
  }

  /** The same, without waiting for it. */
  release(): void {
    if (this.#isClosing || this.#hasEnded) return;
    this.#isClosing = true;
    Atomics.store(this.#cells, LINK_CELLS.released, 1);
    Atomics.notify(this.#cells, LINK_CELLS.taken);
    this.#post(0, { kind: 'close' });
  }

  /** Holds up this thread until the other has closed its sockets: a process that ends before that is aborted. */
  waitUntilClosed(): void {
    const untilMs = performance.now() + EXIT_PATIENCE_MS;
    while (!this.#hasEnded && Atomics.load(this.#cells, LINK_CELLS.closed) === 0) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return;
      Atomics.wait(this.#cells, LINK_CELLS.closed, 0, leftMs);
    }
  }

  #post(id: number, order: Order): void {
    // What was said before comes before.
    this.#core.flush();
    this.#worker.postMessage({ id, order });
  }

  #receive(parcel: Parcel): void {
    if (this.#untaken === null) this.#take(parcel, () => {});
    else this.#untaken.push(parcel);
  }

  #take(parcel: Parcel, done: () => void): void {
    const batch = this.#spares.unpack(parcel);
    this.#core.take(batch, () => {
      Atomics.add(this.#cells, LINK_CELLS.taken, batchBytes(batch));
      Atomics.notify(this.#cells, LINK_CELLS.taken);
      this.#spares.wasRead(batch);
      done();
    });
  }

  #done(id: number, refused: Refused | null): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (refused === null) waiting?.resolve();
    else waiting?.reject(errorOf(refused));
  }

  #end(): void {
    this.#hasEnded = true;
    const error = new Error('a thread that serves sockets has ended.');
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#core.lost();
    if (this.#isListening && !this.#isClosing) this.#options.onFailure(error);
  }
}
