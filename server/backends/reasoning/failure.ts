/** Why a provider gave no reply, or only a part of one, and what follows from it. */

import type { ProviderOutcome } from '../../../metrics/labels.js';

/** A longer `Retry-After` is not believed. */
const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;
const MAX_DETAIL_CHARS = 200;

interface FailureFacts {
  /** The same request may succeed a little later. */
  readonly transient: boolean;
  /** It says that the provider does not work, and not that it did not like the request. */
  readonly counts: boolean;
  /** Asking again at once would only wait as long again. */
  readonly slow?: boolean;
  /** It wants to be asked less. */
  readonly isRateLimit?: boolean;
  /** The key is wrong, or may not do this. */
  readonly refusesKey?: boolean;
  /** How long it wants to be left alone; null: it did not say. */
  readonly retryAfterMs?: number | null;
  /** The provider's own words, for the operator's log alone, and only through {@link redact}. */
  readonly detail?: string | null;
}

/** The message is a clause that follows “it”, and repeats nothing that the provider said. */
export class ProviderFailure extends Error implements FailureFacts {
  override readonly name = 'ProviderFailure';
  readonly transient: boolean;
  readonly counts: boolean;
  readonly slow: boolean;
  readonly isRateLimit: boolean;
  readonly refusesKey: boolean;
  readonly retryAfterMs: number | null;
  readonly detail: string | null;

  constructor(clause: string, facts: FailureFacts) {
    super(clause);
    this.transient = facts.transient;
    this.counts = facts.counts;
    this.slow = facts.slow ?? false;
    this.isRateLimit = facts.isRateLimit ?? false;
    this.refusesKey = facts.refusesKey ?? false;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.detail = facts.detail ?? null;
  }

  get outcome(): ProviderOutcome {
    if (this.slow) return 'timeout';
    if (this.isRateLimit) return 'rate_limited';
    return this.refusesKey ? 'denied' : 'error';
  }
}

const BROKEN = { transient: true, counts: true } as const;

export const cutOff = (): ProviderFailure => new ProviderFailure('ended in the middle of its reply', BROKEN);
export const unreadable = (): ProviderFailure =>
  new ProviderFailure('sent something that is no reply, so check its base_url', BROKEN);
export const saidNothing = (): ProviderFailure =>
  new ProviderFailure('ended its reply without a word', BROKEN);
export const tooLate = (timeoutMs: number, begun: boolean): ProviderFailure =>
  new ProviderFailure(
    begun
      ? `fell silent in the middle of its reply for ${timeoutMs / 1000} seconds`
      : `did not begin to reply within ${timeoutMs / 1000} seconds`,
    { ...BROKEN, slow: true },
  );

/** What the status of an answer means, as a clause behind “answered N”. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [400, ', it did not take the request'],
  [401, ', so check the key'],
  [403, ', so check the key and what it may do'],
  [404, ', so check its base_url and model'],
  [413, ', the conversation is too long for it'],
  [429, ', too many requests'],
  [529, ', it is overloaded'],
]);

/** An answer that is no reply. */
const refused = (status: number, headers: unknown, detail: string, nowMs: number): ProviderFailure => {
  if (status >= 300 && status < 400) {
    return new ProviderFailure(
      `answered ${status}, a redirect, which is not followed: set its base_url to where it leads`,
      { transient: false, counts: false },
    );
  }
  return new ProviderFailure(`answered ${status}${ADVICE.get(status) ?? ''}`, {
    transient: status === 408 || status === 425 || status === 429 || status >= 500,
    counts: status >= 500,
    isRateLimit: status === 429,
    refusesKey: status === 401 || status === 403,
    retryAfterMs: headers instanceof Headers ? retryAfterMs(headers.get('retry-after'), nowMs) : null,
    detail,
  });
};

/** Milliseconds of a `Retry-After` header: seconds, or a date (RFC 9110 section 10.2.3). */
const retryAfterMs = (header: string | null, nowMs: number): number | null => {
  if (header === null) return null;
  const ms = /^\d{1,9}(?:\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS) : null;
};

/** An SDK's errors, seen from outside: both have these. */
interface SdkError extends Error {
  readonly status?: unknown;
  readonly headers?: unknown;
  /** What stood in the answer or in the event. */
  readonly error?: unknown;
}

/** What an SDK, or what it runs on, has thrown. @param nowMs wall clock */
export const failureOf = (error: unknown, nowMs: number): ProviderFailure => {
  if (error instanceof ProviderFailure) return error;
  if (!(error instanceof Error)) return unreadable();
  const { status, headers, error: body } = error as SdkError;
  if (typeof status === 'number') return refused(status, headers, error.message, nowMs);
  // An error told within a stream that had begun well.
  if (body !== undefined && body !== null) return toldFailure(body, error.message);
  if (error instanceof SyntaxError) return unreadable();
  const code = codeOf(error);
  if (/terminated|premature|aborted|socket/i.test(messageOf(error)) || code === 'UND_ERR_SOCKET')
    return cutOff();
  if (code !== null) return new ProviderFailure(`cannot be reached (${code})`, BROKEN);
  return error.name === 'Error' || /connection|fetch/i.test(error.message)
    ? new ProviderFailure('cannot be reached (the connection failed)', BROKEN)
    : unreadable();
};

/** `{type, code}` of an error event, in the words of either maker. */
const toldFailure = (body: unknown, detail: string): ProviderFailure => {
  const said = JSON.stringify(body) ?? '';
  if (/rate_limit|too_many_requests/.test(said)) {
    return new ProviderFailure('answered that there are too many requests', {
      transient: true,
      counts: false,
      isRateLimit: true,
      detail,
    });
  }
  if (/authentication_error|permission_error|invalid_api_key/.test(said)) {
    return new ProviderFailure('refused the key', {
      transient: false,
      counts: false,
      refusesKey: true,
      detail,
    });
  }
  if (/invalid_request/.test(said)) {
    return new ProviderFailure('did not take the request', { transient: false, counts: false, detail });
  }
  return new ProviderFailure('reported an error of its own', { ...BROKEN, detail });
};

/** What the system calls the failure. */
const codeOf = (error: unknown, depth = 0): string | null => {
  if (!(error instanceof Error) || depth > 4) return null;
  const code = 'code' in error ? String(error.code) : '';
  return /^[A-Z0-9_]{1,40}$/.test(code) ? code : codeOf(error.cause, depth + 1);
};

const messageOf = (error: unknown, depth = 0): string =>
  error instanceof Error && depth <= 4 ? `${error.message} ${messageOf(error.cause, depth + 1)}` : '';

/** What looks like a key, whoever it belongs to. */
const SECRETS = /\b(?:bearer\s+\S+|(?:sk|pk|key|token|oc)[-_][\w.-]{6,}|[A-Za-z0-9_-]{32,})/gi;

/** Shorter words tell nothing, and stand in every text. */
const WORDS = /[\p{L}\p{N}_-]{4,}/gu;
const MAX_LOOKED_AT_CHARS = 2000;

/** A provider's words without those it was asked with: many an error repeats the message that it is about. */
export const withoutEchoes = (text: string, asked: unknown): string => {
  const heard = (JSON.stringify(asked) ?? '').toLowerCase();
  return text
    .slice(0, MAX_LOOKED_AT_CHARS)
    .replaceAll(WORDS, (word) => (heard.includes(word.toLowerCase()) ? '[…]' : word));
};

/** The provider's own words as they may stand in the operator's log: one short line without secrets. */
export const redact = (text: string, apiKey: string | null): string => {
  const withoutKey = apiKey === null || apiKey === '' ? text : text.replaceAll(apiKey, '[removed]');
  const line = withoutKey.replaceAll(SECRETS, '[removed]').replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return (line.length > MAX_DETAIL_CHARS ? `${line.slice(0, MAX_DETAIL_CHARS)}…` : line).toWellFormed();
};
