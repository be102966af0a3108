/** Spans as lines of the log, for whoever turns that up to `trace`: what a request asked of the backends, and how long it took. */
import type { InnerSpan, Span, SpanAttributes } from '../core/telemetry/tracer.js';

export type WriteSpan = (fields: object, sentence: string) => void;

/** `openclaw.session_id` is `session_id` in the log, as in its other lines. */
const fieldsOf = (attributes: SpanAttributes): Record<string, string | number | boolean> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name.replace(/^(?:openclaw|gen_ai|rpc)\./, ''),
      value,
    ]),
  );

export class LoggedSpan implements Span {
  readonly #write: WriteSpan;
  readonly #inner: Span;
  readonly #name: string;
  /** Whose it is, in each of its lines and in those of its children. */
  readonly #who: SpanAttributes;
  readonly #attributes: SpanAttributes;
  readonly #sinceMs = performance.now();
  readonly traceId: string | null;
  #ended = false;

  /** @param traceId of the client's trace, where nothing measures and there is no other; null: none */
  constructor(
    write: WriteSpan,
    inner: Span,
    name: string,
    traceId: string | null,
    who: SpanAttributes,
    attributes: SpanAttributes = {},
  ) {
    this.#write = write;
    this.#inner = inner;
    this.#name = name;
    this.#who = who;
    this.#attributes = attributes;
    this.traceId = inner.traceId ?? traceId;
  }

  child(name: InnerSpan, attributes: SpanAttributes = {}): Span {
    const inner = this.#inner.child(name, attributes);
    return new LoggedSpan(this.#write, inner, name, this.traceId, this.#who, attributes);
  }

  end(attributes: SpanAttributes = {}, failed = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#inner.end(attributes, failed);
    this.#write(
      {
        ...fieldsOf(this.#who),
        ...(this.traceId === null ? {} : { trace_id: this.traceId }),
        ...fieldsOf(this.#attributes),
        ...fieldsOf(attributes),
        span: this.#name,
        failed,
        duration_ms: Math.round((performance.now() - this.#sinceMs) * 1000) / 1000,
      },
      'measured',
    );
  }
}
