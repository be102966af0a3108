/** The core's end of a link: the peers whose sockets one thread has, and what is on its way to them. */
import { CLOSES, type CloseName } from '../../../schemas/codes.js';
import type { ListenerOptions } from '../listener.js';
import type { Places } from '../places.js';
import { REFUSALS, type Refusal } from '../upgrade.js';
import { BatchWriter, type Kind, readBatch, TO_CORE, TO_SOCKETS, VERDICTS } from './link.js';
import { type Carrier, RemotePeer } from './remote-peer.js';

const CLOSE_NAMES = Object.keys(CLOSES) as readonly CloseName[];

export interface CoreSideOptions
  extends Pick<
    ListenerOptions,
    'admission' | 'addressKey' | 'onOpen' | 'onText' | 'onBinary' | 'onDrain' | 'onClose'
  > {
  readonly places: Places;
  /** What was on its way to a peer's socket has come there. */
  readonly onArrived: (peer: RemotePeer) => void;
  /** Hands a batch to the thread. */
  readonly post: (batch: ArrayBuffer) => void;
}

/** Frames of one batch: for whom they are, and how long. */
interface Carried {
  readonly peers: RemotePeer[];
  readonly bytes: number[];
}

const verdictOf = (refusal: Refusal | null): number => {
  if (refusal === null) return VERDICTS.comeIn;
  return refusal === REFUSALS.gatewayFull ? VERDICTS.gatewayFull : VERDICTS.addressFull;
};

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
  #flushScheduled = false;

  constructor(options: CoreSideOptions) {
    this.#options = options;
    this.#writer = new BatchWriter((batch) => {
      if (this.#carried.peers.length > 0) {
        this.#underway.push(this.#carried);
        this.#carried = { peers: [], bytes: [] };
      }
      options.post(batch);
    });
  }

  carry(peer: RemotePeer, frame: string | Uint8Array): number {
    const bytes = this.#writer.send(peer.number, frame);
    this.#carried.peers.push(peer);
    this.#carried.bytes.push(bytes);
    this.#wake();
    return bytes;
  }

  admitted({ number, addressKey }: RemotePeer): void {
    this.#options.admission.authenticated(addressKey);
    this.#writer.put(TO_SOCKETS.admitted, number, 0);
    this.#wake();
  }

  close(peer: RemotePeer, name: CloseName): void {
    this.#writer.put(TO_SOCKETS.close, peer.number, CLOSE_NAMES.indexOf(name));
    this.#wake();
    this.#options.onClose(peer);
  }

  /** Takes what the thread tells. */
  take(batch: ArrayBuffer): void {
    readBatch(batch, this.#record);
  }

  /** Hands the thread what there is for it. */
  flush(): void {
    this.#writer.flush();
  }

  /** The thread has ended, and every socket with it. */
  lost(): void {
    for (const peer of this.#peers.values()) this.#gone(peer, false);
    this.#peers.clear();
  }

  /** What one call into the core has to say goes together, promises that it settles included. */
  #wake(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    process.nextTick(this.#flushInTurn);
  }

  readonly #flushInTurn = (): void => {
    this.#flushScheduled = false;
    this.#writer.flush();
  };

  readonly #record = (kind: Kind, number: number, value: number, bytes: Uint8Array): void => {
    if (kind === TO_CORE.asked) {
      this.#asked(number, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
      return;
    }
    if (kind === TO_CORE.taken) {
      this.#taken();
      return;
    }
    const peer = this.#peers.get(number);
    if (peer === undefined) return;
    switch (kind) {
      case TO_CORE.text:
        if (!peer.closed) this.#options.onText(peer, bytes);
        return;
      case TO_CORE.backlog:
        peer.backlogBytes = value;
        return;
      case TO_CORE.drained:
        peer.backlogBytes = value;
        if (!peer.closed) this.#options.onDrain(peer);
        return;
      case TO_CORE.binary:
        if (!peer.closed) this.#options.onBinary(peer);
        return;
      case TO_CORE.opened:
        peer.opened = true;
        this.#options.onOpen(peer);
        // It was let in before, and came after everybody had been told.
        if (this.stopping) peer.close('serverShutdown');
        return;
      case TO_CORE.gone:
        this.#peers.delete(number);
        this.#gone(peer, value === 1);
        return;
      default:
        throw new RangeError(`a record of kind ${kind}`);
    }
  };

  #asked(number: number, address: string): void {
    const key = this.#options.addressKey(address);
    const verdict = this.stopping ? VERDICTS.draining : verdictOf(this.#options.places.take(key));
    if (verdict === VERDICTS.comeIn) this.#peers.set(number, new RemotePeer(this, number, address, key));
    this.#writer.put(TO_SOCKETS.verdict, number, verdict);
    this.#wake();
  }

  #taken(): void {
    const carried = this.#underway.shift();
    if (carried === undefined) throw new RangeError('more batches taken than sent');
    const { peers, bytes } = carried;
    for (const [at, peer] of peers.entries()) {
      if (peer.arrived(bytes[at] as number) && !peer.closed) this.#options.onArrived(peer);
    }
  }

  #gone(peer: RemotePeer, ended: boolean): void {
    if (!peer.opened) {
      this.#options.places.giveBack(peer.addressKey);
      return;
    }
    peer.ended ||= ended;
    this.#options.places.leave(peer);
    if (peer.closed) return;
    peer.closed = true;
    this.#options.onClose(peer);
  }
}
