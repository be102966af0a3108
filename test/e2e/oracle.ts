/**
 * What the protocol says to any text on an authenticated connection, written down a second time and
 * without a look at the gateway's own code: JSON-RPC 2.0 sections 4–6, protocol sections 1 and 2.
 */
import type { Json } from '../helpers/client.js';

/** What must come back. An outcome is an id with `ok` or an error code. */
export interface Expected {
  /** In order; an array for a batch's answer. */
  readonly answers: readonly (Outcome | readonly Outcome[])[];
  /** The code of the close that follows, or null where the connection stays. */
  readonly close: number | null;
}

export interface Outcome {
  readonly id: Json;
  readonly code: number | 'ok';
}

const STAYS = null;
const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const isId = (id: unknown): boolean =>
  typeof id === 'string' ? id.length <= 128 : typeof id === 'number' && Number.isSafeInteger(id);

/** Params that these methods accept, member by member; a member that is not named is one too many. */
const METHODS: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => boolean>> = {
  'system.ping': (params) => Object.keys(params).length === 0,
  'heartbeat.pong': ({ seq, client_load, ...rest }) =>
    typeof seq === 'number' &&
    Number.isInteger(seq) &&
    seq >= 0 &&
    (client_load === undefined ||
      (typeof client_load === 'number' && Number.isFinite(client_load) && client_load >= 0)) &&
    Object.keys(rest).length === 0,
  'channel.switch': ({ channel_id, ...rest }) =>
    typeof channel_id === 'string' &&
    /^[A-Za-z0-9._:-]{1,64}$/.test(channel_id) &&
    Object.keys(rest).length === 0,
};

/** Methods whose answer this oracle knows; others it must not be asked about. */
export const KNOWN_METHODS: readonly string[] = Object.keys(METHODS);

const callOutcome = (method: string, params: Readonly<Record<string, unknown>>): number | 'ok' => {
  // In a batch, or a second one: neither is a request.
  if (method === 'auth.handshake') return -32600;
  const accepts = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (accepts === undefined) return -32601;
  // JSON.parse makes a member of `__proto__`, and destructuring would lose it.
  if (Object.hasOwn(params, '__proto__') || !accepts(params)) return -32602;
  if (method === 'channel.switch' && params.channel_id !== 'default') return 4040;
  return 'ok';
};

/** The answer to one message or member, or null for none. */
const outcomeOf = (value: unknown): Outcome | null => {
  if (!isPlainObject(value)) return { id: null, code: -32600 };
  const hasId = Object.hasOwn(value, 'id');
  if (hasId && !isId(value.id)) return { id: null, code: -32600 };
  const id = hasId ? value.id : null;
  const own = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);
  const method = own('method');
  if (own('jsonrpc') !== '2.0' || typeof method !== 'string') return { id, code: -32600 };
  const params = Object.hasOwn(value, 'params') ? value.params : {};
  if (!Array.isArray(params) && !isPlainObject(params)) return { id, code: -32600 };
  if (!hasId) return null;
  return { id, code: Array.isArray(params) ? -32602 : callOutcome(method, params) };
};

/** What comes back for a text, on a connection whose principal has the channel `default` and no other. */
export const expect = (text: string): Expected => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { answers: [{ id: null, code: -32700 }], close: 1002 };
  }
  if (Array.isArray(value)) {
    if (value.length < 1 || value.length > 64) {
      return { answers: [{ id: null, code: -32600 }], close: STAYS };
    }
    const outcomes = value.map(outcomeOf);
    const said = outcomes.filter((outcome) => outcome !== null);
    return { answers: said.length === 0 ? [] : [said], close: STAYS };
  }
  if (!isPlainObject(value)) return { answers: [{ id: null, code: -32600 }], close: 1002 };
  const outcome = outcomeOf(value);
  return { answers: outcome === null ? [] : [outcome], close: STAYS };
};
