/** The route table: one look-up of a method's name gives everything about it. */
import type { Histogram } from '../../../metrics/histogram.js';
import type { GatewayMetrics, MethodCounts } from '../../../metrics/metrics.js';
import { PROTOCOL } from '../../../schemas/codes.js';
import type { Scope, Target } from '../../../schemas/define.js';
import { METHODS } from '../../../schemas/generated/methods.js';
import { resultSerializers } from '../../../schemas/generated/serializers.js';
import { type Validate, validators } from '../../../schemas/generated/validators.js';
import type { ClientMethod, Params, Result } from '../../../schemas/methods.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import type { Session } from '../sessions/session.js';
import type { Span } from '../telemetry/tracer.js';
import { type Failure, fail } from './failure.js';
import { PrebuiltReply } from './reply.js';

/** A result that is JSON already, and the same whenever it is given. */
export class RawJson {
  readonly json: string;
  #prebuilt: PrebuiltReply | null = null;

  constructor(json: string) {
    this.json = json;
  }

  get prebuilt(): PrebuiltReply {
    this.#prebuilt ??= new PrebuiltReply(this.json);
    return this.#prebuilt;
  }
}

/** What a handler gives: at once, or later where it had to ask a port. */
export type Answer<R> = R | RawJson | Failure | Promise<R | RawJson | Failure>;

/** A function; or the result itself, where nobody and nothing changes it. */
export type Handler<N extends ClientMethod> =
  | ((session: Session, params: Params<N>, span: Span) => Answer<Result<N>>)
  | RawJson;

/** Methods that are routed; the handshake comes before there is a session to route for. */
export type RoutedMethod = Exclude<ClientMethod, 'auth.handshake'>;
export type Handlers = { readonly [N in RoutedMethod]: Handler<N> };

export interface Route {
  readonly method: RoutedMethod;
  readonly target: Target;
  /** Whether it counts for the rate limit. */
  readonly counts: boolean;
  /** 0 where no scope is needed. */
  readonly scopeBit: number;
  readonly scope: Scope | null;
  readonly validate: Validate;
  /** What it answers to whoever asks without params, all that can be judged beforehand judged; null where that takes work. */
  readonly prebuilt: PrebuiltReply | null;
  readonly handle: (session: Session, params: never, span: Span) => Answer<never>;
  readonly serialize: (result: never) => string;
  /** What came of its calls so far. */
  readonly outcomes: MethodCounts;
  /** Of its target’s answers that came later, in seconds. */
  readonly durations: Histogram;
}

/** The one message that never counts for the rate limit (protocol section 6). */
export const UNCOUNTED = 'heartbeat.pong';

/** A Map, not an object: `constructor` and `__proto__` are no methods. */
export type Routes = ReadonlyMap<string, Route>;

export const buildRoutes = (
  handlers: Handlers,
  { requests, requestDurations }: Pick<GatewayMetrics, 'requests' | 'requestDurations'>,
): Routes => {
  const routes = new Map<string, Route>();
  for (const { name, target, scope } of METHODS) {
    if (!Object.hasOwn(handlers, name)) continue;
    const method = name as RoutedMethod;
    const handler = handlers[method];
    const constant = handler instanceof RawJson ? handler : null;
    const validate = validators[method];
    routes.set(name, {
      method,
      target,
      counts: method !== UNCOUNTED,
      scope,
      scopeBit: scope === null ? 0 : SCOPE_BIT[scope],
      validate,
      prebuilt: scope === null && validate({}) ? (constant?.prebuilt ?? null) : null,
      handle: (handler instanceof RawJson ? () => handler : handler) as Route['handle'],
      serialize: resultSerializers[method] as Route['serialize'],
      outcomes: requests[method],
      durations: requestDurations[target],
    });
  }
  return routes;
};

/** −32602 for what a validator found, told in the words of the caller's JSON, its first few errors. */
export const invalidParams = (validate: Validate): Failure => {
  const errors = (validate.errors ?? []).slice(0, PROTOCOL.maxListedErrors).map((error) => {
    const unknown = error.params.additionalProperty;
    return typeof unknown === 'string'
      ? { path: error.instancePath, message: `has an unknown member ${quote(unknown)}` }
      : { path: error.instancePath, message: error.message };
  });
  return fail('invalidParams', { errors });
};

/** A caller's own word, short enough to send back. */
const quote = (name: string): string =>
  JSON.stringify(name.length > 64 ? `${name.slice(0, 64).toWellFormed()}…` : name.toWellFormed());
