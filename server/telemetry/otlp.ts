/**
 * Spans by OpenTelemetry, to a collector over OTLP/HTTP. Everything is bounded: what a collector does not take in time is
 * dropped, and nobody waits for it.
 */
import {
  type Context,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  SpanKind,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TraceContext } from '../core/telemetry/traceparent.js';
import type { Span, SpanAttributes } from '../core/telemetry/tracer.js';
import type { TelemetrySettings } from './settings.js';
import { MeasuredSpan } from './span.js';
import type { TelemetryOptions } from './telemetry.js';

/** Ended spans that wait, one of them about 1 KiB. */
const MAX_WAITING = 2048;
/** Made into JSON at once, in the thread of the core. */
const MAX_BATCH = 128;
const BATCH_DELAY_MS = 1000;
/** For one batch, tries included; shorter than what the processor waits, so that one is under way at a time. */
const EXPORT_TIMEOUT_MS = 4000;
const GIVE_UP_MS = 5000;
/** At the end of the gateway. */
const CLOSE_PATIENCE_MS = 1000;
const MAX_ATTRIBUTE_CHARS = 256;
/** `ExportResultCode.SUCCESS`. */
const SUCCESS = 0;

export interface Exporting {
  request(method: string, parent: TraceContext | null, attributes: SpanAttributes): Span;
  /** Never rejects, and waits for a moment at most. */
  close(): Promise<void>;
}

/** An HTTP status or the system's code: what a collector says may be anything. */
const reasonOf = (error: Error | undefined): string => {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'number' || (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code))
    ? `${code}`
    : 'no answer in time';
};

/** Tells when spans begin to get lost, and when they no longer do. */
const watched = (exporter: SpanExporter, onNews: TelemetryOptions['onNews']): SpanExporter => {
  let failing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const fails = result.code !== SUCCESS;
        if (fails !== failing) onNews(fails ? reasonOf(result.error) : null);
        failing = fails;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
};

const contextOf = (parent: TraceContext | null): Context => {
  if (parent === null) return ROOT_CONTEXT;
  const { traceId, spanId, sampled } = parent;
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
};

/** The packages would take headers and more out of the environment, past the configuration and its rules. */
const withoutItsVariables = <T>(make: () => T): T => {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_'));
  for (const [name] of hidden) delete process.env[name];
  try {
    return make();
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden));
  }
};

export const startExporting = (settings: TelemetrySettings, options: TelemetryOptions): Exporting =>
  withoutItsVariables(() => start(settings, options));

const start = (settings: TelemetrySettings, options: TelemetryOptions): Exporting => {
  const { url, headers, sampleRatio } = settings;
  const exporter = new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: EXPORT_TIMEOUT_MS,
    // One at a time, and at the end all that wait.
    concurrencyLimit: MAX_WAITING / MAX_BATCH + 1,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'openclaw-gateway',
      'service.version': options.serverVersion,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_CHARS },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: watched(exporter, options.onNews),
        maxQueueSize: MAX_WAITING,
        maxExportBatchSize: MAX_BATCH,
        scheduledDelayMillis: BATCH_DELAY_MS,
        exportTimeoutMillis: GIVE_UP_MS,
      }),
    ],
  });
  const tracer: OtelTracer = provider.getTracer('openclaw-gateway', options.serverVersion);
  return {
    request: (method, parent, attributes) =>
      new MeasuredSpan(tracer, method, SpanKind.SERVER, contextOf(parent), {
        'rpc.system': 'jsonrpc',
        'rpc.method': method,
        ...attributes,
      }),
    close: async () => {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_PATIENCE_MS);
      });
      await Promise.race([provider.shutdown().catch(() => {}), patience]);
      clearTimeout(timer);
    },
  };
};
