/** Which trace of a client's a request belongs to: W3C Trace Context, Level 1, section 3.2 (`traceparent`). */

export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** Of the span that asks: 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  /** The caller records this trace. */
  readonly sampled: boolean;
}

/** `version-format` of version 00: nothing may stand behind the flags. */
const VERSION_00 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const NO_TRACE_ID = '0'.repeat(32);
const NO_SPAN_ID = '0'.repeat(16);
const SAMPLED = 1;

/** Null for whatever is no valid `traceparent` of version 00: such a one is ignored (section 4.3), and the trace begins here. */
export const parseTraceparent = (value: unknown): TraceContext | null => {
  if (typeof value !== 'string') return null;
  const match = VERSION_00.exec(value);
  if (match === null) return null;
  const [, traceId = '', spanId = '', flags = ''] = match;
  if (traceId === NO_TRACE_ID || spanId === NO_SPAN_ID) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
};

/** What a request's `metadata` says of its trace. @param params checked against their schema, or not yet */
export const contextIn = (params: object): TraceContext | null => {
  const { metadata } = params as { readonly metadata?: unknown };
  if (typeof metadata !== 'object' || metadata === null) return null;
  return parseTraceparent((metadata as { readonly traceparent?: unknown }).traceparent);
};
