/** The alerts by Prometheus' own tool: what is committed, and whether their tests would notice a wrong rule. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ALERTS } from './alerts.js';
import { buildPrometheusFiles } from './files.js';

const NO_PROMTOOL =
  spawnSync('promtool', ['--version']).error === undefined
    ? false
    : 'promtool is not on this machine: install Debian’s package prometheus to have the alerts checked';

/** The generated files in a folder of their own. @param change of the rules' text */
const write = (t: TestContext, change: (rules: string) => string = (rules) => rules): string => {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-alerts-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const { path, text } of buildPrometheusFiles()) {
    const name = path.split('/').at(-1) ?? '';
    writeFileSync(join(folder, name), name === 'alerts.yml' ? change(text) : text);
  }
  return folder;
};

const promtool = (folder: string, ...args: readonly string[]): { status: number | null; said: string } => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
};

/** Names of the tests that fail. */
const failing = (said: string): readonly string[] =>
  [...said.matchAll(/name: (\w+ (?:fires|does not fire))/g)].map(([, name = '']) => name).sort();

test('promtool takes the rules and the configuration, and each alert fires and keeps silent where it should', {
  skip: NO_PROMTOOL,
}, (t) => {
  const folder = write(t);
  for (const args of [
    ['check', 'rules', 'alerts.yml'],
    ['check', 'config', 'scrape.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ]) {
    const { status, said } = promtool(folder, ...args);
    assert.equal(status, 0, said);
  }
});

test('the tests notice a rule that never fires, and one that always does', { skip: NO_PROMTOOL }, (t) => {
  const always = (rules: string): string =>
    rules
      .replace(/expr: '.*'/g, `expr: 'label_replace(vector(1), "job", "openclaw", "", "")'`)
      .replace(/for: .*/g, 'for: 0m');
  for (const [change, outcome] of [
    [(rules: string) => rules.replace(/expr: '.*'/g, "expr: 'vector(0) > 1'"), 'fires'],
    [always, 'does not fire'],
  ] as const) {
    const { status, said } = promtool(write(t, change), 'test', 'rules', 'alerts.test.yml');
    assert.notEqual(status, 0);
    const found = failing(said);
    for (const { name } of ALERTS)
      assert.ok(found.includes(`${name} ${outcome}`), `${name} ${outcome}: ${said}`);
  }
});

test('names are unique, and every alert says what is wrong and what to do in a sentence each', () => {
  assert.equal(new Set(ALERTS.map(({ name }) => name)).size, ALERTS.length);
  for (const { name, summary, runbook } of ALERTS) {
    assert.match(name, /^OpenClaw[A-Z][A-Za-z]+$/);
    assert.match(summary, /\{\{ \$labels\.instance \}\}.*\.$/, name);
    assert.match(runbook, /^[A-Z].*\.$/, name);
  }
});
