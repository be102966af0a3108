/** A collector of OpenTelemetry that takes OTLP over HTTP with JSON, and keeps what it has been sent. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { Json } from './client.js';
import { atEnd } from './gateway.js';
import { until } from './system.js';

/** A span as OTLP has it, its attributes as an object. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly failed: boolean;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export interface Collector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Every body, as it came. */
  readonly texts: readonly string[];
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Waits for a span that `wants` accepts. */
  span(wants: (span: CollectedSpan) => boolean, what: string): Promise<CollectedSpan>;
}

const attributeOf = ({ stringValue, intValue, doubleValue, boolValue }: Json) =>
  stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue) : Number(intValue));

const spanOf = (span: Json): CollectedSpan => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId ?? '',
  name: span.name,
  kind: span.kind,
  attributes: Object.fromEntries(span.attributes.map(({ key, value }: Json) => [key, attributeOf(value)])),
  failed: span.status?.code === 2,
  startNs: BigInt(span.startTimeUnixNano),
  endNs: BigInt(span.endTimeUnixNano),
});

/** @param answer what it says to each request; one that says nothing leaves the gateway waiting */
export const startCollector = async (
  t: TestContext,
  answer: (response: ServerResponse) => void = (response) => response.writeHead(200).end('{}'),
): Promise<Collector> => {
  const spans: CollectedSpan[] = [];
  const texts: string[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer(async (request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    const body = await text(request);
    texts.push(body);
    for (const { scopeSpans } of JSON.parse(body).resourceSpans) {
      for (const scope of scopeSpans) spans.push(...scope.spans.map(spanOf));
    }
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    texts,
    requests,
    span: async (wants, what) => {
      await until(() => spans.some(wants), what);
      return spans.find(wants) as CollectedSpan;
    },
  };
};
