/** Measures what the core names, and loads what sends it only where somebody wants it. */
import type { TraceContext } from '../core/telemetry/traceparent.js';
import { NO_SPAN, type Span, type SpanAttributes, type Tracer } from '../core/telemetry/tracer.js';
import { LoggedSpan, type WriteSpan } from './logged-span.js';
import type { Exporting } from './otlp.js';
import type { TelemetrySettings } from './settings.js';

export interface TelemetryOptions {
  readonly serverVersion: string;
  /** Spans have got lost; null: the collector takes them again. Told once each. @param reason a status or a code of the system */
  readonly onNews: (reason: string | null) => void;
  /** Gets each span as a line, once {@link Telemetry.logSpans} has asked for that. */
  readonly writeSpan: WriteSpan;
}

const sameSettings = (one: TelemetrySettings | null, other: TelemetrySettings | null): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

export class Telemetry implements Tracer {
  on = false;
  readonly #options: TelemetryOptions;
  #settings: TelemetrySettings | null = null;
  #exporting: Exporting | null = null;
  #logs = false;

  constructor(options: TelemetryOptions) {
    this.#options = options;
  }

  /** From now on spans go there; null: nowhere. What is under way ends unseen. One call at a time. */
  async configure(settings: TelemetrySettings | null): Promise<void> {
    if (sameSettings(this.#settings, settings)) return;
    const before = this.#exporting;
    let next: Exporting | null = null;
    if (settings !== null) {
      const { startExporting } = await import('./otlp.js');
      next = startExporting(settings, this.#options);
    }
    this.#exporting = next;
    this.#settings = settings;
    this.#look();
    // Nobody waits for a collector.
    void before?.close();
  }

  start(method: string, parent: TraceContext | null, attributes: SpanAttributes): Span {
    const span = this.#exporting?.request(method, parent, attributes) ?? NO_SPAN;
    if (!this.#logs) return span;
    return new LoggedSpan(this.#options.writeSpan, span, method, parent?.traceId ?? null, attributes);
  }

  /** Whether spans are lines of the log from now on. */
  logSpans(logs: boolean): void {
    this.#logs = logs;
    this.#look();
  }

  #look(): void {
    this.on = this.#logs || this.#exporting !== null;
  }

  /** Sends what there is, as far as the collector takes it within a moment. Never rejects. */
  async close(): Promise<void> {
    const exporting = this.#exporting;
    this.#exporting = null;
    this.logSpans(false);
    await exporting?.close();
  }
}
