/** The values that labels can have. Each list is the whole of them, so that the number of series is known beforehand. */
import { CLOSES, type CloseName, ERRORS, type ErrorName } from '../schemas/codes.js';
import type { Target } from '../schemas/define.js';
import { METHODS } from '../schemas/generated/methods.js';
import type { ClientMethod } from '../schemas/methods.js';

/** Where a connection is in its life. */
export const CONNECTION_STATES = ['connecting', 'authenticating', 'active'] as const;

/** What a client's side may have closed with, as far as it is told apart: any number stands in a client's frame. */
const CLIENT_CLOSE_CODES = [1000, 1001, 1005, 1006] as const;
const OTHER_CODE = 'other';
/** Close codes: those of the gateway's table, and those of clients (RFC 6455 section 7.4.1). */
export const CLOSE_CODES: readonly string[] = [
  ...[...new Set([...CLIENT_CLOSE_CODES, ...Object.values(CLOSES).map(({ code }) => code)])]
    .sort((a, b) => a - b)
    .map(String),
  OTHER_CODE,
];

/** RFC 6455 section 7.1.5: no close frame came. */
const NOTHING_ARRIVED = 1006;

/**
 * The label of a close code.
 * @param ending why the gateway closed, or the client's code, which may be anything; null: nobody said
 */
export const closeLabel = (ending: CloseName | number | null): string => {
  if (typeof ending === 'string') return String(CLOSES[ending].code);
  const code = ending ?? NOTHING_ARRIVED;
  return (CLIENT_CLOSE_CODES as readonly number[]).includes(code) ? String(code) : OTHER_CODE;
};

export const HANDSHAKE_OUTCOMES = [
  'accepted',
  'resumed',
  'rejected',
  'throttled',
  'invalid',
  'timeout',
  'error',
] as const;
export type HandshakeOutcome = (typeof HANDSHAKE_OUTCOMES)[number];

/** Whatever is no method that clients may call, or was not to be read. */
export const UNKNOWN_METHOD = 'unknown';
export type MethodLabel = ClientMethod | typeof UNKNOWN_METHOD;
const callable = METHODS.filter(({ direction }) => direction === 'Client → Server');
export const METHOD_LABELS: readonly MethodLabel[] = [
  ...callable.map(({ name }) => name as ClientMethod),
  UNKNOWN_METHOD,
];
/** The component that answers a method. */
export const TARGET_OF: ReadonlyMap<string, Target> = new Map(
  callable.map(({ name, target }) => [name, target]),
);
export const TARGETS: readonly Target[] = [...new Set(TARGET_OF.values())];

export const REQUEST_OUTCOMES = [
  'ok',
  'invalid',
  'denied',
  'not_found',
  'rate_limited',
  'refused',
  'error',
] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** Which outcome an error of the protocol is. */
const OUTCOME_OF_ERROR = {
  parseError: 'invalid',
  invalidRequest: 'invalid',
  methodNotFound: 'invalid',
  invalidParams: 'invalid',
  internalError: 'error',
  rateLimited: 'rate_limited',
  authRequired: 'denied',
  authFailed: 'denied',
  permissionDenied: 'denied',
  channelNotFound: 'not_found',
  messageNotFound: 'not_found',
  skillNotFound: 'not_found',
  conflict: 'refused',
  channelBusy: 'refused',
  reasoningFailed: 'error',
  skillFailed: 'error',
  shuttingDown: 'refused',
} as const satisfies Record<ErrorName, RequestOutcome>;

const outcomeOfCode = new Map<number, RequestOutcome>(
  (Object.keys(OUTCOME_OF_ERROR) as ErrorName[]).map((name) => [ERRORS[name].code, OUTCOME_OF_ERROR[name]]),
);

/** @param code of an error of the protocol */
export const outcomeOfError = (code: number): RequestOutcome => outcomeOfCode.get(code) ?? 'error';

/** The options of `[gateway.rate_limit]` that a message can run into. */
export const RATE_LIMITS = ['messages_per_second', 'messages_per_minute'] as const;
export type RateLimitLabel = (typeof RATE_LIMITS)[number];

export const HEARTBEAT_OUTCOMES = ['sent', 'answered', 'missed'] as const;
export type HeartbeatOutcome = (typeof HEARTBEAT_OUTCOMES)[number];

/** As `chat.complete` gives them. */
export const FINISH_REASONS = ['stop', 'length', 'cancelled', 'interrupted', 'error'] as const;

/** Sections of the configuration that can name a provider. */
export const PROVIDER_SECTIONS = [
  'reasoning',
  'reasoning.fallback.first',
  'reasoning.fallback.second',
] as const;
export const PROVIDER_OUTCOMES = ['ok', 'error', 'timeout', 'rate_limited', 'denied', 'cancelled'] as const;
export type ProviderOutcome = (typeof PROVIDER_OUTCOMES)[number];

/** Stands for the gateway itself where the others are MCP servers. */
export const BUILT_IN_SERVER = 'built-in';
export const SKILL_OUTCOMES = ['ok', 'failed', 'timeout', 'cancelled', 'refused'] as const;
export type SkillOutcomeLabel = (typeof SKILL_OUTCOMES)[number];
