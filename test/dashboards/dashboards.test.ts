/** The dashboards and alerts, asked of a Prometheus that has scraped a busy gateway. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ALERTS } from '../../scripts/generate/prometheus/alerts.js';
import { startBusyGateway } from './busy-gateway.js';
import { drawDashboard } from './draw.js';
import { dataOf, readDashboards, type TimeRange } from './panels.js';
import { NO_PROMETHEUS, Prometheus } from './prometheus.js';

/** `npm run dashboards:picture` names a folder: then it takes longer, and leaves pictures there. */
const PICTURES = process.env.OPENCLAW_DASHBOARD_PICTURES;
const [SCRAPE_INTERVAL_MS, SCRAPES] = PICTURES === undefined ? [500, 30] : [5000, 60];
/** By then everything has happened, however slow the machine is. */
const LEAST_ROUNDS = 4;
const MOST_PICTURE_BYTES = 150_000;
const MOST_POINTS = 80;

test('every panel of every dashboard has data of a busy gateway, and every alert can be told', {
  skip: NO_PROMETHEUS,
  timeout: 600_000,
}, async (t) => {
  const busy = await startBusyGateway(t);
  const prometheus = await Prometheus.start(t, {
    target: busy.target,
    instance: 'gateway-1',
    scrapeIntervalMs: SCRAPE_INTERVAL_MS,
  });
  let enough = false;
  const scraped = prometheus.scraped(SCRAPES).finally(() => {
    enough = true;
  });
  scraped.catch(() => {});
  for (let round = 0; !enough || round < LEAST_ROUNDS; round += 1) await busy.happen();
  // What happened last is to be seen, too.
  await Promise.all([scraped, prometheus.scraped(2)]);
  await busy.stop();
  const scrapes = await prometheus.scrapes();
  const [fromSeconds = 0, toSeconds = 0] = [scrapes[0], scrapes.at(-1)];
  const stepSeconds = Math.max(SCRAPE_INTERVAL_MS / 1000, Math.ceil((toSeconds - fromSeconds) / MOST_POINTS));
  const range: TimeRange = { fromSeconds, toSeconds, stepSeconds };

  const rules = await prometheus.rules();
  assert.deepEqual(Object.fromEntries(rules), Object.fromEntries(ALERTS.map(({ name }) => [name, ''])));

  // Linux before 6.2 does not say how many descriptors are open.
  const isUnknown = (expr: string): boolean => noDescriptors && expr.includes('process_open_fds');
  const noDescriptors = (await prometheus.query('process_open_fds')).length === 0;
  const empty: string[] = [];
  for (const dashboard of readDashboards()) {
    const panels = await Promise.all(dashboard.panels.map((panel) => dataOf(prometheus, panel, range)));
    for (const { panel, queries } of panels) {
      if (panel.type === 'row' || queries.some(({ expr }) => isUnknown(expr))) continue;
      const where = `${dashboard.name}: ${panel.title}`;
      assert.ok(queries.length > 0, `${where} asks nothing`);
      for (const { expr, series } of queries) if (series.length === 0) empty.push(`${where}: ${expr}`);
      const isNothing = queries.every(({ series }) =>
        series.every(({ points }) => points.every(({ value }) => value === 0)),
      );
      if (isNothing) empty.push(`${where}: nothing but 0`);
      for (const { series } of queries) {
        for (const { name } of series) assert.doesNotMatch(name, /^$|\{\{|undefined/, `${where}: a legend`);
      }
    }
    const picture = drawDashboard(dashboard, panels, range);
    assert.ok(Buffer.byteLength(picture) < MOST_PICTURE_BYTES, `${dashboard.name}: ${picture.length}`);
    assert.doesNotMatch(picture, /NaN|Infinity|undefined/);
    if (PICTURES === undefined) continue;
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(join(PICTURES, `dashboard-${dashboard.name}.svg`), picture);
  }
  assert.deepEqual(empty, [], 'empty panels');
});
