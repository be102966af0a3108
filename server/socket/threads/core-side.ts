/** The core's end of a link: the peers whose sockets one thread has, and what is on its way to them. */
import type { CloseName } from '../../../schemas/codes.js';
import type { ListenerOptions } from '../listener.js';
import type { Places } from '../places.js';
import { BatchReader, BatchWriter, CLOSE_NAMES, endingIn, lingersIn, TO_CORE, TO_SOCKETS } from './link.js';
import { type Carrier, RemotePeer } from './remote-peer.js';

export interface CoreSideOptions
  extends Pick<ListenerOptions, 'addressKey' | 'onOpen' | 'onText' | 'onBinary' | 'onDrain' | 'onClose'> {
  readonly places: Places;
  /** What was on its way to a peer's socket has come there. */
  readonly onArrived: (peer: RemotePeer) => void;
  /** Hands a batch to the thread. */
  readonly post: (batch: ArrayBuffer) => void;
  /** Of {@link BatchWriter}. */
  readonly newBuffer: () => ArrayBuffer;
}

/** With more on its way to a thread nobody has more than one frame on its way, or a crowd would have a lot together. */
const MOST_UNDERWAY_BYTES = 512 * 1024;

/** Frames of one batch: for whom they are, and how long. */
interface Carried {
  readonly peers: RemotePeer[];
  readonly bytes: number[];
}

export class CoreSide implements Carrier {
  /** Nobody comes in any more. */
  stopping = false;
  readonly #options: CoreSideOptions;
  readonly #peers = new Map<number, RemotePeer>();
  readonly #writer: BatchWriter;
  /** Of the batch that is being written. */
  #carried: Carried = { peers: [], bytes: [] };
  /** Of those that the thread has yet to deal with, oldest first. */
  readonly #underway: Carried[] = [];
  /** For how many bytes those have a socket to go to. */
  #underwayBytes = 0;
  #flushScheduled = false;
  /** A batch is being dealt with, behind which everything is handed on. */
  #isReading = false;

  constructor(options: CoreSideOptions) {
    this.#options = options;
    const post = (batch: ArrayBuffer): void => {
      if (this.#carried.peers.length > 0) {
        this.#underway.push(this.#carried);
        this.#carried = { peers: [], bytes: [] };
      }
      options.post(batch);
    };
    this.#writer = new BatchWriter(post, options.newBuffer);
  }

  carry(peer: RemotePeer, frame: string | Uint8Array): number {
    const bytes = this.#writer.send(peer.number, frame);
    this.#carried.peers.push(peer);
    this.#carried.bytes.push(bytes);
    this.#underwayBytes += bytes;
    this.#wake();
    return bytes;
  }

  get hasRoom(): boolean {
    return this.#underwayBytes < MOST_UNDERWAY_BYTES;
  }

  admitted({ number }: RemotePeer): void {
    this.#writer.put(TO_SOCKETS.admitted, number, 0);
    this.#wake();
  }

  close(peer: RemotePeer, name: CloseName): void {
    this.#writer.put(TO_SOCKETS.close, peer.number, CLOSE_NAMES.indexOf(name));
    this.#wake();
    this.#options.onClose(peer);
  }

  /** Takes what the thread tells. Calls `done` when all of it has been dealt with, in this turn of the loop. */
  take(batch: ArrayBuffer, done: () => void): void {
    this.#isReading = true;
    this.#read(new BatchReader(batch), done);
  }

  #read(reader: BatchReader, done: () => void): void {
    while (reader.next()) {
      if (this.#takeRecord(reader)) continue;
      // Every message is a turn of its own where the sockets are in this thread: what it has brought about happens
      // before the next one. A tick comes when every promise has settled that can, and before any other event.
      queueMicrotask(() => process.nextTick(() => this.#read(reader, done)));
      return;
    }
    this.#isReading = false;
    this.#writer.flush();
    done();
  }

  /** Hands the thread what there is for it. */
  flush(): void {
    this.#writer.flush();
  }

  /** The thread has ended, and every socket with it. */
  lost(): void {
    for (const peer of this.#peers.values()) this.#gone(peer, null);
    this.#peers.clear();
  }

  /** What one call into the core has to say goes together, promises that it settles included. */
  #wake(): void {
    if (this.#flushScheduled || this.#isReading) return;
    this.#flushScheduled = true;
    process.nextTick(this.#flushInTurn);
  }

  readonly #flushInTurn = (): void => {
    this.#flushScheduled = false;
    this.#writer.flush();
  };

  /** False where promises have to settle before the next one. */
  #takeRecord({ kind, connection, value, bytes }: BatchReader): boolean {
    if (kind === TO_CORE.opened) {
      this.#opened(connection, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
      return true;
    }
    if (kind === TO_CORE.taken) {
      this.#taken();
      return true;
    }
    const peer = this.#peers.get(connection);
    if (peer === undefined) throw new RangeError(`a record of kind ${kind} for nobody`);
    switch (kind) {
      case TO_CORE.text:
        return peer.closed || this.#options.onText(peer, bytes, bytes.buffer, bytes.byteOffset);
      case TO_CORE.binary:
        if (!peer.closed) this.#options.onBinary(peer);
        return true;
      case TO_CORE.tooLarge:
        // Closed here, it is behind the answers to what came before.
        peer.close('messageTooLarge');
        return true;
      case TO_CORE.backlog:
        peer.backlogBytes = value;
        return true;
      case TO_CORE.drained:
        peer.backlogBytes = value;
        if (!peer.closed) this.#options.onDrain(peer);
        return true;
      case TO_CORE.gone:
        this.#peers.delete(connection);
        if (lingersIn(value)) this.#options.places.linger(this.#options.addressKey(peer.address));
        this.#gone(peer, endingIn(value));
        return true;
      default:
        throw new RangeError(`a record of kind ${kind}`);
    }
  }

  #opened(number: number, address: string): void {
    const peer = new RemotePeer(this, number, address);
    this.#peers.set(number, peer);
    this.#options.onOpen(peer);
    // It was let in before, and came after everybody had been told.
    if (this.stopping) peer.close('serverShutdown');
  }

  #taken(): void {
    const carried = this.#underway.shift();
    if (carried === undefined) throw new RangeError('more batches taken than sent');
    const { peers, bytes } = carried;
    for (let at = 0; at < peers.length; at += 1) {
      const peer = peers[at] as RemotePeer;
      const arrivedBytes = bytes[at] as number;
      this.#underwayBytes -= arrivedBytes;
      peer.arrived(arrivedBytes);
      if (!peer.closed) this.#options.onArrived(peer);
    }
  }

  #gone(peer: RemotePeer, ending: CloseName | number | null): void {
    if (peer.closed) return;
    peer.closed = true;
    peer.ending = ending;
    this.#options.onClose(peer);
  }
}
