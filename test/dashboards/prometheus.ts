/** A Prometheus of a test's own that scrapes a gateway by the configuration that operators get, only more often. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { until } from '../helpers/system.js';

/** This file runs from `dist/test/dashboards`. */
const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'metrics', 'prometheus');

/** False where the program is there, otherwise a test's `skip`. */
export const NO_PROMETHEUS: string | false =
  spawnSync('prometheus', ['--version']).error === undefined
    ? false
    : 'prometheus is not on this machine: install Debian’s package prometheus to have the dashboards checked';

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Monotonic in time; what is no number (0 ÷ 0) is left out. */
  readonly points: readonly { readonly atSeconds: number; readonly value: number }[];
}

interface ApiSeries {
  readonly metric: Record<string, string>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

const pointsOf = ({ value, values }: ApiSeries): Series['points'] =>
  (values ?? (value === undefined ? [] : [value]))
    .map(([atSeconds, text]) => ({ atSeconds, value: Number(text) }))
    .filter((point) => Number.isFinite(point.value));

export class Prometheus {
  readonly #url: string;
  readonly scrapeIntervalMs: number;

  private constructor(address: string, scrapeIntervalMs: number) {
    this.#url = `http://${address}/api/v1`;
    this.scrapeIntervalMs = scrapeIntervalMs;
  }

  /** Starts one, which is gone after the test. @param target address of the operators' listener @param instance its name */
  static async start(
    t: TestContext,
    { target, instance, scrapeIntervalMs }: { target: string; instance: string; scrapeIntervalMs: number },
  ): Promise<Prometheus> {
    const folder = temporaryFolder(t);
    const config = readFileSync(join(FOLDER, 'scrape.yml'), 'utf8')
      .replace(/targets: \["[^"]+"\]/, `targets: ["${target}"]\n        labels: { instance: "${instance}" }`)
      .replaceAll(/(_interval): 15s/g, `$1: ${scrapeIntervalMs}ms`);
    writeFileSync(join(folder, 'scrape.yml'), config);
    copyFileSync(join(FOLDER, 'alerts.yml'), join(folder, 'alerts.yml'));
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'scrape.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
        '--log.format=json',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const closed = once(child, 'close');
    atEnd(t, async () => {
      child.kill('SIGKILL');
      await closed;
    });
    let address: string | null = null;
    const said: string[] = [];
    for await (const line of createInterface(child.stderr)) {
      said.push(line);
      const { msg, address: listensAt } = JSON.parse(line) as { msg: string; address?: string };
      if (msg === 'Listening on') address = listensAt ?? null;
      if (msg === 'Server is ready to receive web requests.') break;
    }
    if (address === null) throw new Error(`prometheus does not start: ${said.join('\n')}`);
    child.stderr.resume();
    return new Prometheus(address, scrapeIntervalMs);
  }

  // biome-ignore lint/suspicious/noExplicitAny: each of its answers has another shape
  async #get(path: string, params: Readonly<Record<string, string>> = {}): Promise<any> {
    const response = await fetch(`${this.#url}/${path}?${new URLSearchParams(params)}`);
    const { status, data, error } = (await response.json()) as {
      status: string;
      data: unknown;
      error: string;
    };
    if (status !== 'success') throw new Error(`${path} ${JSON.stringify(params)}: ${error}`);
    return data;
  }

  async #series(path: string, params: Readonly<Record<string, string>>): Promise<readonly Series[]> {
    const { result } = (await this.#get(path, params)) as { result: readonly ApiSeries[] };
    return result.map((series) => ({ labels: series.metric, points: pointsOf(series) }));
  }

  query(expr: string, atSeconds?: number): Promise<readonly Series[]> {
    return this.#series('query', {
      query: expr,
      ...(atSeconds === undefined ? {} : { time: String(atSeconds) }),
    });
  }

  queryRange(
    expr: string,
    fromSeconds: number,
    toSeconds: number,
    stepSeconds: number,
  ): Promise<readonly Series[]> {
    return this.#series('query_range', {
      query: expr,
      start: String(fromSeconds),
      end: String(toSeconds),
      step: String(stepSeconds),
    });
  }

  /** Every alert, with what is wrong about evaluating it: `''` for nothing. */
  async rules(): Promise<ReadonlyMap<string, string>> {
    const { groups } = await this.#get('rules');
    const rules = groups.flatMap((group: { rules: unknown }) => group.rules) as {
      name: string;
      health: string;
      lastError?: string;
    }[];
    return new Map(
      rules.map(({ name, health, lastError }) => [name, health === 'ok' ? '' : (lastError ?? health)]),
    );
  }

  /** When the target was scraped, in seconds since the Unix epoch. */
  async scrapes(): Promise<readonly number[]> {
    const { result } = (await this.#get('query', { query: 'up[1d]' })) as { result: readonly ApiSeries[] };
    return (result[0]?.values ?? []).filter(([, up]) => up === '1').map(([atSeconds]) => atSeconds);
  }

  /** Resolves when it has been scraped so many times more. */
  async scraped(times: number): Promise<void> {
    const due = (await this.scrapes()).length + times;
    await until(
      async () => (await this.scrapes()).length >= due,
      'a scrape',
      60_000 + 2 * times * this.scrapeIntervalMs,
    );
  }
}
