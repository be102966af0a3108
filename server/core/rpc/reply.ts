/** JSON-RPC 2.0 responses and notifications: prebuilt JSON around what changes. */
import { notificationSerializers } from '../../../schemas/generated/serializers.js';
import type { Notified, ServerNotification } from '../../../schemas/methods.js';
import type { WholeBuffer } from '../sessions/peer.js';
import type { Failure } from './failure.js';

/** A response (JSON-RPC 2.0 section 5) with its members in the product's order. */
export const resultReply = (idJson: string, resultJson: string): string =>
  `{"jsonrpc":"2.0","result":${resultJson},"id":${idJson}}`;

/** An error response (JSON-RPC 2.0 section 5.1). */
export const errorReply = (idJson: string, failure: Failure): string => {
  const data = failure.data === null ? '' : `,"data":${JSON.stringify(failure.data)}`;
  return `{"jsonrpc":"2.0","error":{"code":${failure.code},"message":${JSON.stringify(failure.message)}${data}},"id":${idJson}}`;
};

/** A notification to a client. @throws Error where a required member is missing: a fault of the gateway. */
export const notificationFrame = <N extends ServerNotification>(method: N, params: Notified<N>): string => {
  const serialize = notificationSerializers[method] as (params: Notified<N>) => string;
  return `{"jsonrpc":"2.0","method":"${method}","params":${serialize(params)}}`;
};

const encoder = new TextEncoder();
const CLOSE_BRACE = 0x7d;
/** Of a result beyond this the bytes are kept for one length of an id only: a client may choose any. */
const SMALL_BYTES = 1024;

/** A response that lacks only an id of a certain length: its bytes [idFrom, idFrom + length) are written for each request. */
export interface ReplyShell extends WholeBuffer {
  readonly idFrom: number;
}

/**
 * The response with a result that is always the same, as bytes that only lack the id. A shell is the same object for
 * every id of its length, so it is valid until the next one: a socket copies what it sends.
 */
export class PrebuiltReply {
  readonly #head: Uint8Array;
  /** By the length of the id, made when it first occurs. */
  readonly #shells: ReplyShell[] = [];

  constructor(resultJson: string) {
    this.#head = encoder.encode(`{"jsonrpc":"2.0","result":${resultJson},"id":`);
  }

  /** @param idLength of the id as JSON, quotes included: 1 to `PROTOCOL.maxIdLength` + 2 */
  shell(idLength: number): ReplyShell {
    return this.#shells[idLength] ?? this.#make(idLength);
  }

  /** @param source holds the id as JSON at [from, to), as {@link RequestScanner} found it */
  withId(source: Uint8Array, from: number, to: number): WholeBuffer {
    const shell = this.shell(to - from);
    const { bytes, idFrom } = shell;
    for (let at = from; at < to; at += 1) bytes[idFrom + at - from] = source[at] as number;
    return shell;
  }

  #make(idLength: number): ReplyShell {
    const idFrom = this.#head.length;
    const buffer = new ArrayBuffer(idFrom + idLength + 1);
    const bytes = new Uint8Array(buffer);
    bytes.set(this.#head);
    bytes[idFrom + idLength] = CLOSE_BRACE;
    const shell = { bytes, buffer, idFrom };
    if (idFrom > SMALL_BYTES) this.#shells.length = 0;
    this.#shells[idLength] = shell;
    return shell;
  }
}
