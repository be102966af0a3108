/**
 * The table's metrics as Prometheus is told them: prom-client keeps and renders them, the numbers are read when it asks. Of
 * prom-client only the registry is loaded: the rest of it takes 70 ms and 12 MB, most of that for what is not used here.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Metric } from 'prom-client';
import Registry from 'prom-client/lib/registry.js';
import type { GatewayMetrics } from './metrics.js';
import { PROCESS_METRIC_NAMES, PROCESS_METRICS } from './process-metrics.js';
import { readersOfProcess } from './process-readers.js';
import { type GatewayGauges, READERS } from './readers.js';
import type { Sample } from './sample.js';
import type { MetricKind } from './spec.js';
import { METRIC_KEYS, METRICS, metricName } from './table.js';

export type { GatewayGauges } from './readers.js';

/** Samples that are written in one go. */
const PART = 64;

/**
 * A metric whose numbers are read when it is rendered; prom-client's own kinds keep theirs themselves. One with many
 * samples gives them in parts, and is to be rendered until there are no more.
 */
class ReadMetric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricKind;
  readonly #read: () => readonly Sample[];
  /**
   * The labels of a sample are the same at every scrape, and new ones come behind: so they are given as the objects that
   * they were first, of which prom-client remembers the text.
   */
  readonly #labels: Sample['labels'][] = [];
  #left: object[] = [];

  constructor(name: string, { kind, help }: DeclaredMetric, read: () => readonly Sample[]) {
    this.name = name;
    this.help = help;
    this.type = kind;
    this.#read = read;
  }

  /** It has been rendered in part. */
  get hasMore(): boolean {
    return this.#left.length > 0;
  }

  /** What prom-client asks of its metrics. */
  async get(): Promise<object> {
    if (!this.hasMore) {
      this.#left = this.#read().map(({ labels, ...sample }, at) => {
        this.#labels[at] ??= labels;
        return { ...sample, sharedLabels: this.#labels[at] };
      });
    }
    const { name, help, type } = this;
    return { name, help, type, values: this.#left.splice(0, PART), aggregator: 'sum' };
  }
}

interface DeclaredMetric {
  readonly kind: MetricKind;
  readonly help: string;
}

const register = (
  registry: Registry,
  name: string,
  declared: DeclaredMetric,
  read: () => readonly Sample[],
): void => registry.registerMetric(new ReadMetric(name, declared, read) as unknown as Metric);

/** A metric's text, from one or several renderings: only the first begins with `# HELP` and `# TYPE`. */
const withoutHead = (text: string): string => text.slice(text.indexOf('\n', text.indexOf('\n') + 1));

/** Of the process, however many gateways are in it. */
const processRegistry = new Registry();
const processReaders = readersOfProcess();
for (const name of PROCESS_METRIC_NAMES) {
  register(processRegistry, name, PROCESS_METRICS[name], processReaders[name]);
}

/** After so long rendering lets others have the loop; with the part that is written then it stays below 2 ms. */
const SLICE_MS = 0.5;

export class MetricsPage {
  readonly #registry = new Registry();
  readonly #registries = [this.#registry, processRegistry];
  readonly contentType: string = this.#registry.contentType;
  /** Settles when the page that is being rendered has been. */
  #last: Promise<unknown> = Promise.resolve();
  /** The next one, for all who come before it is begun: that under way lacks what has happened since. */
  #next: Promise<string> | null = null;

  constructor(metrics: GatewayMetrics, gauges: GatewayGauges) {
    const source = { metrics, gauges };
    for (const key of METRIC_KEYS) {
      register(this.#registry, metricName(key), METRICS[key], () => READERS[key](source));
    }
  }

  /** The names of all metrics on the page. */
  get names(): readonly string[] {
    return this.#registries.flatMap((registry) => registry.getMetricsAsArray().map(({ name }) => name));
  }

  /** Renders for nobody, so that the first who asks need not wait for code to be compiled. What watches the process stays off. */
  async warmUp(): Promise<void> {
    await this.#inTurn([this.#registry]);
  }

  /** Prometheus' text format, version 0.0.4, with all that has happened before the call. One page is rendered at a time. */
  render(): Promise<string> {
    this.#next ??= this.#inTurn(this.#registries, () => {
      this.#next = null;
    });
    return this.#next;
  }

  async #inTurn(registries: readonly Registry[], onBegin = () => {}): Promise<string> {
    const before = this.#last;
    const page = before.then(() => {
      onBegin();
      return this.#render(registries);
    });
    this.#last = page.catch(() => {});
    return page;
  }

  /** One part after the other, and something else between them when that has taken a while. */
  async #render(registries: readonly Registry[]): Promise<string> {
    const texts: string[] = [];
    const metrics = registries.flatMap((registry) =>
      registry.getMetricsAsArray().map(({ name }) => ({ registry, name })),
    );
    let fromMs = performance.now();
    for (const { registry, name } of metrics) {
      const metric: unknown = registry.getSingleMetric(name);
      let text = await registry.getSingleMetricAsString(name);
      for (;;) {
        if (performance.now() - fromMs >= SLICE_MS) {
          await nextTurn();
          fromMs = performance.now();
        }
        if (!(metric instanceof ReadMetric && metric.hasMore)) break;
        text += withoutHead(await registry.getSingleMetricAsString(name));
      }
      texts.push(text);
    }
    return `${texts.join('\n\n')}\n`;
  }
}
