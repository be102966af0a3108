/** A socket thread's end of a link: its connections by number, and what the core has to know of them. */
import { Connection } from '../connection.js';
import type { DoorOptions } from '../door.js';
import { lingers } from '../places.js';
import { BatchReader, BatchWriter, CLOSE_NAMES, goneValue, type Kind, TO_CORE, TO_SOCKETS } from './link.js';

class NumberedConnection extends Connection {
  readonly number: number;

  constructor(address: string, addressKey: string, number: number, onAdmitted: (one: Connection) => void) {
    super(address, addressKey, onAdmitted);
    this.number = number;
  }
}

const numbered = (connection: Connection): NumberedConnection => connection as NumberedConnection;

export class SocketSide implements Omit<DoorOptions, 'count' | 'maxMessageBytes'> {
  readonly #connections = new Map<number, NumberedConnection>();
  #lastNumber = 0;
  readonly #writer: BatchWriter;
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

  /**
   * @param post hands a batch to the core
   * @param newBuffer of {@link BatchWriter}
   */
  constructor(post: (batch: ArrayBuffer, usedBytes: number) => void, newBuffer: () => ArrayBuffer) {
    this.#writer = new BatchWriter(post, newBuffer);
  }

  // --- what doors and requests tell --------------------------------------------------------

  /** A connection for a client that is to come in. */
  enter(address: string, addressKey: string, onAdmitted: (connection: Connection) => void): Connection {
    return new NumberedConnection(address, addressKey, this.#nextNumber(), onAdmitted);
  }

  readonly onOpen = (connection: Connection): void => {
    const { number, address } = numbered(connection);
    this.#connections.set(number, numbered(connection));
    this.#writer.putData(TO_CORE.opened, number, address);
    this.#wake();
  };

  readonly onText = (connection: Connection, frame: Uint8Array): void => {
    this.#writer.putData(TO_CORE.text, numbered(connection).number, frame);
    this.#wake();
  };

  readonly onBinary = (connection: Connection): void =>
    this.#tell(TO_CORE.binary, numbered(connection).number, 0);

  readonly onTooLarge = (connection: Connection): void =>
    this.#tell(TO_CORE.tooLarge, numbered(connection).number, 0);

  readonly onDrain = (connection: Connection): void => {
    // What is left is looked at outside of the socket's callback.
    this.#drained.add(numbered(connection));
    this.#wake();
  };

  readonly onClose = (connection: Connection): void => {
    const { number, ending } = numbered(connection);
    this.#connections.delete(number);
    this.#drained.delete(numbered(connection));
    this.#backlogs.delete(numbered(connection));
    this.#tell(TO_CORE.gone, number, goneValue(ending, lingers(connection)));
  };

  // --- the link ----------------------------------------------------------------------------

  /** Takes what the core tells. */
  take(batch: ArrayBuffer): void {
    for (const reader = new BatchReader(batch); reader.next(); ) this.#takeRecord(reader);
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

  /** Resolves when the core has been told of all that has arrived. */
  async report(): Promise<void> {
    // Behind the first turn that begins from now on every socket has been looked at.
    for (let turns = 0; turns < 2; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    this.#flush();
  }

  #nextNumber(): number {
    do this.#lastNumber = (this.#lastNumber + 1) >>> 0;
    while (this.#connections.has(this.#lastNumber));
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

  #takeRecord({ kind, connection: number, value, bytes }: BatchReader): void {
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
      default:
        throw new RangeError(`a record of kind ${kind}`);
    }
  }

  #sendRun(): void {
    const connection = this.#runOf;
    if (connection === null) return;
    this.#runOf = null;
    if (!connection.closed && !connection.sendAll(this.#run)) connection.close('tryAgainLater');
    this.#run.length = 0;
  }
}
