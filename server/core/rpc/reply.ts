/** JSON-RPC 2.0 responses and notifications: prebuilt JSON around what changes. */
import { PROTOCOL } from '../../../schemas/codes.js';
import { notificationSerializers } from '../../../schemas/generated/serializers.js';
import type { Notified, ServerNotification } from '../../../schemas/methods.js';
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
/** A string of {@link PROTOCOL.maxIdLength} characters of ASCII, its quotes, and the brace behind it. */
const ID_ROOM_BYTES = PROTOCOL.maxIdLength + 3;
const CLOSE_BRACE = 0x7d;

/**
 * The response with a result that is always the same, as bytes that only lack the id. It is valid until
 * the next one: a socket copies what it sends.
 */
export class PrebuiltReply {
  readonly #bytes: Uint8Array;
  readonly #headLength: number;
  /** The bytes up to each length, made when it first occurs. */
  readonly #views: Uint8Array[] = [];

  constructor(resultJson: string) {
    const head = encoder.encode(`{"jsonrpc":"2.0","result":${resultJson},"id":`);
    this.#headLength = head.length;
    this.#bytes = new Uint8Array(head.length + ID_ROOM_BYTES);
    this.#bytes.set(head);
  }

  /** @param source holds the id as JSON at [from, to), as {@link RequestScanner} found it */
  withId(source: Uint8Array, from: number, to: number): Uint8Array {
    const bytes = this.#bytes;
    const headLength = this.#headLength;
    const idLength = to - from;
    for (let at = 0; at < idLength; at += 1) bytes[headLength + at] = source[from + at] as number;
    bytes[headLength + idLength] = CLOSE_BRACE;
    const view = this.#views[idLength];
    if (view !== undefined) return view;
    const made = bytes.subarray(0, headLength + idLength + 1);
    this.#views[idLength] = made;
    return made;
  }
}
