/**
 * Every error code and close code of the protocol, once.
 *
 * The server answers with these, the client library follows their retry rules, and
 * `docs/protocol.md` prints them. A retired code stays listed and is never reused.
 */

/** What a client may do after a code: see {@link RETRY_RULES}. */
export type Retry =
  | 'never-unchanged'
  | 'never'
  | 'back-off'
  | 'after-hint'
  | 'after-handshake'
  | 'after-hint-or-never'
  | 'as-said'
  | 'elsewhere'
  | 'at-once'
  | 'none';

/** One sentence per retry rule, for documents and for people writing a client. */
export const RETRY_RULES: Readonly<Record<Retry, string>> = {
  'never-unchanged': 'never unchanged',
  never: 'never',
  'back-off': 'back off',
  'after-hint': 'after `data.retry_after_ms`',
  'after-handshake': 'after `auth.handshake`',
  'after-hint-or-never': 'never unchanged; when throttled, after `data.retry_after_ms`',
  'as-said': 'as `data.retryable` says',
  elsewhere: 'elsewhere, back off',
  'at-once': 'at once, with jitter',
  none: '–',
};

interface ErrorSpec {
  readonly code: number;
  readonly message: string;
  /** What stands in `error.data`, in words; empty where there is none. */
  readonly data: string;
  readonly retry: Retry;
}

const error = (code: number, message: string, retry: Retry, data = ''): ErrorSpec => ({
  code,
  message,
  retry,
  data,
});

/**
 * JSON-RPC error codes: −32xxx as in JSON-RPC 2.0 section 5.1, 4xxx for what the caller can
 * change, 5xxx for what it cannot.
 */
export const ERRORS = {
  parseError: error(-32700, 'Parse error', 'never-unchanged'),
  invalidRequest: error(-32600, 'Invalid request', 'never-unchanged', '`reason`: what is wrong with it'),
  methodNotFound: error(-32601, 'Method not found', 'never'),
  invalidParams: error(
    -32602,
    'Invalid params',
    'never-unchanged',
    '`errors: [{path, message}]`, the first 8',
  ),
  internalError: error(
    -32603,
    'Internal error',
    'back-off',
    '`trace_id`, that of the request’s `traceparent` where it has one: name it to the operator',
  ),
  rateLimited: error(4003, 'Rate limit exceeded', 'after-hint', '`limit`, `retry_after_ms`'),
  authRequired: error(4010, 'Authentication required', 'after-handshake'),
  authFailed: error(4011, 'Authentication failed', 'after-hint-or-never', '`retry_after_ms` when throttled'),
  permissionDenied: error(
    4012,
    'Permission denied',
    'never',
    '`scope`: the one that is missing, or `reason`',
  ),
  channelNotFound: error(4040, 'Channel not found', 'never'),
  messageNotFound: error(4041, 'Message not found', 'never'),
  skillNotFound: error(4042, 'Skill not found', 'never'),
  conflict: error(4090, 'Idempotency key reused with another message', 'never-unchanged'),
  channelBusy: error(4290, 'Channel busy', 'after-hint', '`retry_after_ms`'),
  reasoningFailed: error(5020, 'Reasoning failed', 'as-said', '`provider`, `retryable`; in `chat.complete`'),
  skillFailed: error(5021, 'Skill failed', 'none', 'in `skill.result`'),
  shuttingDown: error(5030, 'Shutting down', 'elsewhere'),
} as const satisfies Record<string, ErrorSpec>;

/** The name of an error in {@link ERRORS}. */
export type ErrorName = keyof typeof ERRORS;

interface CloseSpec {
  readonly code: number;
  /** RFC 6455 section 5.5.1: at most 123 bytes; ASCII, because the socket library cuts blindly. */
  readonly reason: string;
  readonly when: string;
  readonly retry: Retry;
}

const close = (code: number, reason: string, when: string, retry: Retry): CloseSpec => ({
  code,
  reason,
  when,
  retry,
});

/** WebSocket close codes: 1xxx as in RFC 6455 section 7.4.1, 4xxx private use (section 7.4.2). */
export const CLOSES = {
  normal: close(1000, '', 'the client asked', 'none'),
  resumedElsewhere: close(
    1000,
    'Session resumed elsewhere',
    'another connection resumed this session',
    'none',
  ),
  serverShutdown: close(1001, 'Server shutdown', 'the gateway is draining', 'at-once'),
  protocolError: close(
    1002,
    'Invalid message format',
    'unparseable text, a binary frame or a bare scalar',
    'never-unchanged',
  ),
  messageTooLarge: close(
    1009,
    'Message too large',
    'a message over `gateway.max_message_bytes`, or over 64 KiB before authentication',
    'never-unchanged',
  ),
  tryAgainLater: close(
    1013,
    'Try again later',
    'nothing drained for `gateway.max_backlog_seconds`, unsent replies over `gateway.max_reply_backlog_bytes`, more than 4 MiB waiting behind open calls, or so far behind that what is missing is no longer kept',
    'back-off',
  ),
  authTimeout: close(
    4001,
    'Authentication timeout',
    'no successful handshake within `gateway.auth_timeout`, or more than 10 messages before it',
    'back-off',
  ),
  authFailed: close(4001, 'Authentication failed', 'the third failed handshake', 'never-unchanged'),
  tokenRevoked: close(4001, 'Token revoked', 'the token was revoked or has expired', 'never-unchanged'),
  heartbeatTimeout: close(4002, 'Heartbeat timeout', 'pings unanswered for too long', 'back-off'),
  rateLimited: close(4003, 'Rate limit exceeded', 'the client went on through its cooldown', 'back-off'),
} as const satisfies Record<string, CloseSpec>;

/** The name of a close in {@link CLOSES}. */
export type CloseName = keyof typeof CLOSES;

/** The retry rule for a close frame, by code and reason; 1006 (nothing arrived) and unknown codes back off. */
export const retryAfterClose = (code: number, reason: string): Retry => {
  for (const spec of Object.values(CLOSES)) {
    if (spec.code === code && spec.reason === reason) return spec.retry;
  }
  for (const spec of Object.values(CLOSES)) {
    if (spec.code === code) return spec.retry;
  }
  return 'back-off';
};

/** The retry rule for an error, by its code; unknown codes back off. */
export const retryAfterError = (code: number): Retry =>
  Object.values(ERRORS).find((spec) => spec.code === code)?.retry ?? 'back-off';

/** Numbers of the protocol that no configuration changes. */
export const PROTOCOL = {
  /** Longest JSON-RPC id that is a string, in UTF-16 units. */
  maxIdLength: 128,
  /** Members of one batch. */
  maxBatchSize: 64,
  /** Largest message before authentication. */
  maxUnauthenticatedMessageBytes: 64 * 1024,
  /** Messages before authentication, the handshake included. */
  maxUnauthenticatedMessages: 10,
  /** Failed handshakes before the connection is closed with 4001. */
  maxHandshakeFailures: 3,
  /** Calls of one connection that wait for a backend at the same time; what comes behind them waits unread. */
  maxOpenCalls: 64,
  /** Messages of one connection that wait unread behind its open calls; more of them, and it is closed with 1013. */
  maxWaitingBytes: 4 * 1024 * 1024,
  /** Answer to one batch; a member whose answer does not fit gets -32600 instead. */
  maxBatchAnswerBytes: 4 * 1024 * 1024,
  /** Validation errors listed in -32602. */
  maxListedErrors: 8,
  /** Channels of one principal. */
  maxChannelsPerPrincipal: 1000,
  /** Messages that wait in one channel behind the one being answered. */
  maxQueuedRunsPerChannel: 32,
  /** Text of one principal's messages that have no reply yet, in all of its channels; two bytes a character. */
  maxUnansweredBytesPerPrincipal: 64 * 1024 * 1024,
  /** Encoded size of `metadata`. */
  maxMetadataBytes: 16 * 1024,
  /** Nesting of `metadata`, itself included. */
  maxMetadataDepth: 16,
  /** A reply stays resumable, and an ended session restorable, for this long. */
  resumeWindowMs: 5 * 60 * 1000,
  /** One page of `chat.history`. */
  maxHistoryPageBytes: 1024 * 1024,
  /** One page of `memory.export`. */
  maxExportPageBytes: 1024 * 1024,
  /** Notifications kept for one principal, scheduled ones included. */
  maxNotificationsPerPrincipal: 1000,
  /** A ping with its notifications stays below this, as a frame of a stream does and for the same reason. */
  maxPingBytes: 15 * 1024,
  /** Largest frame of a stream; uWebSockets.js never drains one of 16 KiB again that is sent from its drain event. */
  maxStreamFrameBytes: 15 * 1024,
} as const;
