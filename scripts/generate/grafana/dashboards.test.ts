import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { buildDashboards } from './dashboards.js';
import { DATASOURCE } from './panel.js';

const GRID_WIDTH = 24;
const UNITS = new Set<unknown>(Object.values(units));

const dashboards = buildDashboards().map(({ path, text }) => ({ path, ...(JSON.parse(text) as Dashboard) }));
const panelsOf = ({ panels = [] }: Dashboard): Panel[] => panels as Panel[];
const shown = (dashboard: Dashboard): Panel[] => panelsOf(dashboard).filter(({ type }) => type !== 'row');
const queriesOf = ({ targets = [] }: Panel): Dataquery[] => targets as Dataquery[];

test('each has a uid and a link to the others, and asks which data source, job and instance', () => {
  assert.equal(new Set(dashboards.map(({ uid }) => uid)).size, dashboards.length);
  for (const { path, uid, title, tags, links, templating, schemaVersion } of dashboards) {
    assert.match(String(uid), /^[a-z-]{8,40}$/, path);
    assert.match(String(title), /^OpenClaw: /);
    assert.deepEqual([tags, links?.map((link) => link.tags)], [['openclaw'], [['openclaw']]], path);
    assert.deepEqual(
      templating.list?.map(({ name, type }) => [name, type]),
      [
        ['datasource', 'datasource'],
        ['job', 'query'],
        ['instance', 'query'],
      ],
    );
    assert.equal(schemaVersion, 39, path);
  }
});

test('each panel says what it shows, in a unit of Grafana’s, by the chosen data source and gateways', () => {
  for (const dashboard of dashboards) {
    for (const panel of shown(dashboard)) {
      const where = `${dashboard.path}: ${panel.title}`;
      assert.match(String(panel.description), /^\S.{9,}\.$/, where);
      assert.ok(UNITS.has(panel.fieldConfig?.defaults.unit), `${where}: ${panel.fieldConfig?.defaults.unit}`);
      assert.ok((panel.fieldConfig?.defaults.thresholds?.steps.length ?? 0) > 0, where);
      const queries = queriesOf(panel);
      assert.ok(queries.length > 0, where);
      assert.equal(new Set(queries.map(({ refId }) => refId)).size, queries.length, where);
      for (const { datasource, expr, legendFormat } of [...queries]) {
        assert.deepEqual([panel.datasource, datasource], [DATASOURCE, DATASOURCE], where);
        assert.match(String(legendFormat), /\S/, where);
        const selectors = expr.match(/\{[^}]*\}/g) ?? [];
        assert.ok(selectors.length > 0, where);
        for (const selector of selectors)
          assert.ok(selector.startsWith('{job=~"$job",instance=~"$instance"'), expr);
      }
    }
  }
});

test('panels fill their lines, and none lies on another', () => {
  for (const dashboard of dashboards) {
    const panels = panelsOf(dashboard);
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, dashboard.path);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      assert.ok(gridPos !== undefined, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(x < GRID_WIDTH && !taken.has(`${x} ${y}`), `${dashboard.path}: ${title}`);
          taken.add(`${x} ${y}`);
        }
      }
    }
    const bottom = Math.max(...panels.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)));
    assert.equal(taken.size, bottom * GRID_WIDTH, `${dashboard.path} has holes`);
  }
});
