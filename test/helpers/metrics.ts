/** What a gateway under test says of itself on its operators' listener. */
import { type LabelName, type MetricKey, metricName } from '../../metrics/table.js';
import type { GatewayUnderTest } from './gateway.js';
import { until } from './system.js';

/** One page. */
export class Scrape {
  readonly text: string;
  /** By a sample's name with its labels in alphabetical order. */
  readonly #samples = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const at = line.lastIndexOf(' ');
      const [name = '', ...labels] = line.slice(0, at).split(/[{,}]/).filter(Boolean);
      this.#samples.set([name, ...labels.sort()].join(','), Number(line.slice(at + 1)));
    }
  }

  /** A sample's value. @throws where there is none */
  get<K extends MetricKey>(
    key: K,
    labels?: Readonly<Partial<Record<LabelName<K>, string>>>,
    suffix: '' | '_sum' | '_count' = '',
  ): number {
    const named = Object.entries(labels ?? {}).map(([name, value]) => `${name}="${value}"`);
    const sample = [`${metricName(key)}${suffix}`, ...named.sort()].join(',');
    const value = this.#samples.get(sample);
    if (value === undefined) throw new Error(`no sample ${sample}`);
    return value;
  }

  /** Every sample of a metric that is not 0, by its labels' values in alphabetical order of their names. */
  counted(key: MetricKey): Record<string, number> {
    const found: Record<string, number> = {};
    for (const [sample, value] of this.#samples) {
      const [name, ...labels] = sample.split(',');
      if (name !== metricName(key) || value === 0) continue;
      found[labels.map((label) => label.replace(/^.*="(.*)"$/, '$1')).join(' ')] = value;
    }
    return found;
  }
}

export const scrape = async ({ gateway }: GatewayUnderTest): Promise<Scrape> => {
  const response = await fetch(`${gateway.operationsUrl}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  return new Scrape(await response.text());
};

/** Scrapes until the page says so: for what a gateway gets to know only a moment later. */
export const untilScraped = async (
  under: GatewayUnderTest,
  what: string,
  holds: (page: Scrape) => boolean,
): Promise<Scrape> => {
  let page = await scrape(under);
  await until(async () => {
    page = await scrape(under);
    return holds(page);
  }, what);
  return page;
};
