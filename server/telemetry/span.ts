/** One span, as the core sees it. */
import {
  type Context,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { InnerSpan, Span, SpanAttributes } from '../core/telemetry/tracer.js';

/** Since the epoch; no setting of the clock makes a span end before it began. */
const nowMs = (): number => performance.timeOrigin + performance.now();

/** What is asked of somebody else. */
const OUTWARD: ReadonlySet<InnerSpan> = new Set<InnerSpan>(['reasoning.call', 'skill.run']);

/** Costs next to nothing until somebody asks for its id or its end: most requests are answered at once. */
export class MeasuredSpan implements Span {
  readonly #tracer: OtelTracer;
  readonly #name: string;
  readonly #kind: SpanKind;
  readonly #parent: Context;
  readonly #attributes: SpanAttributes;
  readonly #startMs = nowMs();
  #made: OtelSpan | null = null;
  #ended = false;

  constructor(tracer: OtelTracer, name: string, kind: SpanKind, parent: Context, attributes: SpanAttributes) {
    this.#tracer = tracer;
    this.#name = name;
    this.#kind = kind;
    this.#parent = parent;
    this.#attributes = attributes;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  child(name: InnerSpan, attributes: SpanAttributes = {}): Span {
    const kind = OUTWARD.has(name) ? SpanKind.CLIENT : SpanKind.INTERNAL;
    return new MeasuredSpan(this.#tracer, name, kind, trace.setSpan(ROOT_CONTEXT, this.#span), attributes);
  }

  /** Harmless twice: the first counts. */
  end(attributes: SpanAttributes = {}, failed = false): void {
    if (this.#ended) return;
    this.#ended = true;
    const span = this.#span;
    span.setAttributes(attributes);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(nowMs());
  }

  get #span(): OtelSpan {
    this.#made ??= this.#tracer.startSpan(
      this.#name,
      { kind: this.#kind, startTime: this.#startMs, attributes: this.#attributes },
      this.#parent,
    );
    return this.#made;
  }
}
