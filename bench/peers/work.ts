/**
 * What the gateway does for a message, for servers on other sockets: a handshake with a token, the envelope as the
 * protocol wants it, the gateway's own validators and rate limit, a count, the answer. Written the straightforward way,
 * on JSON.parse and JSON.stringify.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ERRORS, PROTOCOL } from '../../schemas/codes.js';
import { type Validate, validators } from '../../schemas/generated/validators.js';
import { PASSES, RateLimiter, type RateLimits } from '../../server/core/limits/rate-limiter.js';

/** Counts as the gateway's does, and like there refuses nothing. */
const LIMITS: RateLimits = {
  enabled: true,
  messagesPerSecond: 1e9,
  messagesPerMinute: 1e9,
  burstSize: 1e9,
  cooldownMs: 60_000,
};

interface Envelope {
  readonly jsonrpc?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly id?: unknown;
}

const NO_PARAMS = {};
const methods = new Map<string, { readonly validate: Validate; readonly handle: () => unknown }>([
  ['system.ping', { validate: validators['system.ping'], handle: () => ({ pong: true }) }],
]);

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

const isId = (id: unknown): id is string | number =>
  typeof id === 'string' ? id.length <= PROTOCOL.maxIdLength : Number.isSafeInteger(id);

const refusal = (why: keyof typeof ERRORS, id: unknown, data?: unknown): string => {
  const { code, message } = ERRORS[why];
  return JSON.stringify({ jsonrpc: '2.0', error: { code, message, data }, id });
};

const success = (result: unknown, id: unknown): string => JSON.stringify({ jsonrpc: '2.0', result, id });

/** One connection. */
export class Conversation {
  readonly #tokenHash: Buffer;
  #limiter: RateLimiter | null = null;
  messages = 0;

  constructor(token: string) {
    this.#tokenHash = sha256(token);
  }

  /** The answer to one message, or null where it gets none. */
  take(text: string): string | null {
    this.messages += 1;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return refusal('parseError', null);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return refusal('invalidRequest', null);
    }
    const { jsonrpc, method, params = NO_PARAMS, id } = value as Envelope;
    if (id !== undefined && !isId(id)) return refusal('invalidRequest', null);
    const answer = this.#judge(jsonrpc, method, params, id);
    return id === undefined ? null : answer;
  }

  #judge(jsonrpc: unknown, method: unknown, params: unknown, id: unknown): string {
    const limiter = this.#limiter;
    if (limiter !== null && limiter.take(performance.now(), LIMITS) !== PASSES) {
      return refusal('rateLimited', id);
    }
    if (jsonrpc !== '2.0' || typeof method !== 'string') return refusal('invalidRequest', id);
    if (typeof params !== 'object' || params === null) return refusal('invalidRequest', id);
    if (limiter === null) return this.#handshake(method, params, id);
    const route = methods.get(method);
    if (route === undefined) return refusal('methodNotFound', id);
    if (!route.validate(params)) return refusal('invalidParams', id, { errors: route.validate.errors });
    return success(route.handle(), id);
  }

  #handshake(method: string, params: object, id: unknown): string {
    if (method !== 'auth.handshake') return refusal('authRequired', id);
    if (!validators[method](params)) return refusal('invalidParams', id);
    const { token } = params as { token: string };
    if (!timingSafeEqual(sha256(token), this.#tokenHash)) return refusal('authFailed', id);
    this.#limiter = new RateLimiter(LIMITS, performance.now());
    return success({ session_id: 'sess-work', channels: ['default'], server_version: '0.9.4' }, id);
  }
}
