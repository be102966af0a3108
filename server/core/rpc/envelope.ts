/** What a parsed JSON value is as JSON-RPC 2.0 (sections 4 and 6; protocol section 2). */
import { PROTOCOL } from '../../../schemas/codes.js';
import { type Failure, fail } from './failure.js';

/** Id of a response to something that had no valid one (JSON-RPC 2.0 section 5). */
export const NULL_ID = 'null';

export interface Request {
  readonly method: string;
  /** An object; arrays and absence were settled before. */
  readonly params: object;
  /** The id as JSON; null for a notification, which is never answered. */
  readonly idJson: string | null;
}

/** A message that cannot be a request, with what to answer and under which id. */
export interface BadRequest {
  readonly failure: Failure;
  /** Null: it is a notification all the same, and gets no answer. */
  readonly idJson: string | null;
}

/** What a method without `params` gets. */
export const NO_PARAMS: object = Object.freeze({});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The id as JSON, or null where it is none: a string of at most 128 characters or a safe integer.
 * `0` and `""` are ids.
 */
const encodeId = (id: unknown): string | null => {
  if (typeof id === 'string') return id.length <= PROTOCOL.maxIdLength ? JSON.stringify(id) : null;
  if (typeof id === 'number' && Number.isSafeInteger(id)) return Object.is(id, -0) ? '0' : `${id}`;
  return null;
};

const invalid = (idJson: string, reason: string): BadRequest => ({
  failure: fail('invalidRequest', { reason }),
  idJson,
});

/** Judges one message. The value comes from JSON.parse, so its members are its own. */
export const readRequest = (value: unknown): Request | BadRequest => {
  if (!isObject(value)) return invalid(NULL_ID, 'a request is an object');
  const hasId = Object.hasOwn(value, 'id');
  const idJson = hasId ? encodeId(value.id) : null;
  if (hasId && idJson === null) {
    return invalid(NULL_ID, 'id is a string of at most 128 characters or a safe integer');
  }
  const answerId = idJson ?? NULL_ID;
  if (value.jsonrpc !== '2.0') return invalid(answerId, 'jsonrpc is "2.0"');
  if (typeof value.method !== 'string') return invalid(answerId, 'method is a string');
  if (!Object.hasOwn(value, 'params')) return { method: value.method, params: NO_PARAMS, idJson };
  const { params } = value;
  if (Array.isArray(params)) {
    const errors = [{ path: '', message: 'must be an object, not an array' }];
    return { failure: fail('invalidParams', { errors }), idJson };
  }
  if (!isObject(params)) return invalid(answerId, 'params is an object');
  return { method: value.method, params, idJson };
};

export const isBadRequest = (request: Request | BadRequest): request is BadRequest => 'failure' in request;
