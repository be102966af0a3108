/** A socket thread's end of a link: its connections by number, and what the core has to know of them. */
import { CLOSES, type CloseName } from '../../../schemas/codes.js';
import { Connection } from '../connection.js';
import type { DoorOptions } from '../door.js';
import type { Handshake } from '../handshake.js';
import { REFUSALS, type Refusal } from '../upgrade.js';
import { BatchWriter, type Kind, readBatch, TO_CORE, TO_SOCKETS, VERDICTS } from './link.js';

const CLOSE_NAMES = Object.keys(CLOSES) as readonly CloseName[];

/** By verdict. */
const REFUSAL_OF: Readonly<Record<number, Refusal>> = {
  [VERDICTS.gatewayFull]: REFUSALS.gatewayFull,
  [VERDICTS.addressFull]: REFUSALS.addressFull,
  [VERDICTS.draining]: REFUSALS.draining,
};

const ignore = (): void => {};

class NumberedConnection extends Connection {
  readonly number: number;

  constructor(address: string, number: number) {
    // Under which its address is counted is the core's business.
    super(address, '', ignore);
    this.number = number;
  }
}

const numbered = (connection: Connection): NumberedConnection => connection as NumberedConnection;

export interface SocketSideOptions {
  /** Hands a batch to the core. */
  readonly post: (batch: ArrayBuffer, usedBytes: number) => void;
  readonly onFault: (what: string, error: unknown) => void;
}

export class SocketSide implements Omit<DoorOptions, 'count' | 'maxMessageBytes'> {
  readonly #connections = new Map<number, NumberedConnection>();
  /** Those who wait to hear whether there is room. */
  readonly #asking = new Map<number, Handshake>();
  #lastNumber = 0;
  readonly #writer: BatchWriter;
  readonly #onFault: SocketSideOptions['onFault'];
  #flushScheduled = false;
  readonly #drained = new Set<NumberedConnection>();
  /** Connections with bytes that wait for the client, and how many the core knows of. */
  readonly #backlogs = new Map<NumberedConnection, number>();
  /** Frames one after another for one connection leave in one write. */
  #runOf: NumberedConnection | null = null;
  readonly #run: Uint8Array[] = [];
  /** The frame that the next {@link TO_SOCKETS.to} is about. */
  #frame = new Uint8Array(0);
  /** To whom the batch in hand has frames. */
  readonly #addressees: number[] = [];

  constructor({ post, onFault }: SocketSideOptions) {
    this.#writer = new BatchWriter(post);
    this.#onFault = onFault;
  }

  // --- what doors and requests tell --------------------------------------------------------

  readonly onHandshake = (handshake: Handshake): void => {
    const number = this.#nextNumber();
    this.#asking.set(number, handshake);
    handshake.postpone(() => {
      this.#asking.delete(number);
      this.#tell(TO_CORE.gone, number, 0);
    });
    this.#writer.putData(TO_CORE.asked, number, handshake.address);
    this.#wake();
  };

  readonly onOpen = (connection: Connection): void =>
    this.#tell(TO_CORE.opened, numbered(connection).number, 0);

  readonly onText = (connection: Connection, frame: Uint8Array): void => {
    this.#writer.putData(TO_CORE.text, numbered(connection).number, frame);
    this.#wake();
  };

  readonly onBinary = (connection: Connection): void =>
    this.#tell(TO_CORE.binary, numbered(connection).number, 0);

  readonly onDrain = (connection: Connection): void => {
    // What is left is looked at outside of the socket's callback.
    this.#drained.add(numbered(connection));
    this.#wake();
  };

  readonly onClose = (connection: Connection): void => {
    const { number } = numbered(connection);
    this.#connections.delete(number);
    this.#drained.delete(numbered(connection));
    this.#backlogs.delete(numbered(connection));
    this.#tell(TO_CORE.gone, number, connection.ended ? 1 : 0);
  };

  // --- the link ----------------------------------------------------------------------------

  /** Takes what the core tells. */
  take(batch: ArrayBuffer): void {
    readBatch(batch, this.#record);
    this.#sendRun();
    if (this.#addressees.length === 0) return;
    for (const number of this.#addressees) {
      const connection = this.#connections.get(number);
      const bytes = connection?.unsentBytes ?? 0;
      if (connection === undefined || bytes === 0 || this.#backlogs.get(connection) === bytes) continue;
      this.#backlogs.set(connection, bytes);
      this.#tell(TO_CORE.backlog, number, bytes);
    }
    this.#addressees.length = 0;
    this.#tell(TO_CORE.taken, 0, 0);
  }

  /** To be called every second: tells of backlogs that have shrunk without the library's having said so. */
  lookAtBacklogs(): void {
    for (const [connection, told] of this.#backlogs) {
      if (connection.unsentBytes < told) this.onDrain(connection);
    }
  }

  #nextNumber(): number {
    do this.#lastNumber = (this.#lastNumber + 1) >>> 0;
    while (this.#connections.has(this.#lastNumber) || this.#asking.has(this.#lastNumber));
    return this.#lastNumber;
  }

  #tell(kind: Kind, number: number, value: number): void {
    this.#writer.put(kind, number, value);
    this.#wake();
  }

  /** Everything of one turn of the loop goes together. */
  #wake(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    for (const connection of this.#drained) {
      const bytes = connection.unsentBytes;
      if (bytes === 0) this.#backlogs.delete(connection);
      else this.#backlogs.set(connection, bytes);
      this.#writer.put(TO_CORE.drained, connection.number, bytes);
    }
    this.#drained.clear();
    this.#writer.flush();
  };

  readonly #record = (kind: Kind, number: number, value: number, bytes: Uint8Array): void => {
    if (kind === TO_SOCKETS.frame) {
      this.#frame = bytes as Uint8Array<ArrayBuffer>;
      return;
    }
    if (kind === TO_SOCKETS.to) {
      this.#addressees.push(number);
      const connection = this.#connections.get(number);
      if (connection !== this.#runOf) this.#sendRun();
      if (connection === undefined) return;
      this.#runOf = connection;
      this.#run.push(this.#frame);
      return;
    }
    this.#sendRun();
    switch (kind) {
      case TO_SOCKETS.close:
        this.#connections.get(number)?.close(CLOSE_NAMES[value] ?? 'serverShutdown');
        return;
      case TO_SOCKETS.admitted:
        this.#connections.get(number)?.admitted();
        return;
      case TO_SOCKETS.verdict:
        this.#decided(number, value);
        return;
      default:
        throw new RangeError(`a record of kind ${kind}`);
    }
  };

  #sendRun(): void {
    const connection = this.#runOf;
    if (connection === null) return;
    this.#runOf = null;
    if (!connection.closed && connection.sendAll(this.#run) === 'dropped') connection.close('tryAgainLater');
    this.#run.length = 0;
  }

  #decided(number: number, verdict: number): void {
    const handshake = this.#asking.get(number);
    // It has gone, and the core hears of that.
    if (handshake === undefined) return;
    this.#asking.delete(number);
    const refusal = REFUSAL_OF[verdict];
    if (refusal !== undefined) {
      handshake.refuse(refusal);
      return;
    }
    const connection = new NumberedConnection(handshake.address, number);
    this.#connections.set(number, connection);
    try {
      handshake.upgrade(connection);
    } catch (error) {
      this.#onFault('http', error);
      this.#connections.delete(number);
      this.#tell(TO_CORE.gone, number, 0);
    }
  }
}
