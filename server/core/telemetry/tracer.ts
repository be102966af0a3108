/**
 * What is measured of requests and replies, for whoever looks at traces. The core knows neither how spans are
 * made nor where they go; while nobody wants any, a message costs the test of {@link Tracer.on}.
 */
import type { TraceContext } from './traceparent.js';

/** Everything that is measured; a request's span has its method's name. */
export type InnerSpan = 'chat.reply' | 'memory.recall' | 'reasoning.call' | 'skill.run';

/** Ids, numbers and words of the protocol: never what somebody has written, a token or a key. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  /** Of its trace, 32 hex digits; null where nothing is measured. */
  readonly traceId: string | null;
  /** Something on the way to this one's end, or begun by it. */
  child(name: InnerSpan, attributes?: SpanAttributes): Span;
  /** @param failed for a reason that is not the client's */
  end(attributes?: SpanAttributes, failed?: boolean): void;
}

export interface Tracer {
  readonly on: boolean;
  /**
   * A request has come. What is neither ended nor asked for a child is as if it had never been.
   * @param parent null: its trace begins here
   */
  start(method: string, parent: TraceContext | null, attributes: SpanAttributes): Span;
}

/** Nothing is measured. */
export const NO_SPAN: Span = {
  traceId: null,
  child: () => NO_SPAN,
  end: () => {},
};

export const NO_TRACER: Tracer = { on: false, start: () => NO_SPAN };
