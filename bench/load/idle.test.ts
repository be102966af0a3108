import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { hasProc } from './processes.js';
import type { Result } from './report.js';

const CONNECTIONS = 50;
const SECONDS = 2;

/** Runs the scenario as its user does, with a heartbeat a second. */
const measure = async (t: TestContext, server: string): Promise<{ text: string; result: Result }> => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'result.json');
  const given = {
    connections: CONNECTIONS,
    seconds: SECONDS,
    heartbeat: 1,
    processes: 2,
    json: file,
    server,
  };
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'main.js'),
    '--scenario=idle',
    ...Object.entries(given).map(([flag, value]) => `--${flag}=${value}`),
  ]);
  return { text: stdout, result: JSON.parse(readFileSync(file, 'utf8')) as Result };
};

for (const server of ['gateway', 'raw']) {
  test(`idle on ${server}: everybody gets in, is pinged, and stays`, { skip: !hasProc }, async (t) => {
    const { text, result } = await measure(t, server);
    assert.equal(result.scenario, 'idle');
    assert.equal(result.server, server);
    const value = (name: string): number => {
      const found = result.figures.find((figure) => figure.name === name);
      assert.ok(found !== undefined && text.includes(name), name);
      return found.value;
    };
    assert.equal(value('connections'), CONNECTIONS);
    assert.equal(value('connections lost'), 0);
    // One a second for each, give or take those at the window's edges.
    const perSecond = value('heartbeats');
    assert.ok(perSecond > 0.4 * CONNECTIONS && perSecond < 1.6 * CONNECTIONS, `${perSecond}`);
    const residentMiB = value('resident memory with all connections');
    assert.ok(residentMiB > 20 && residentMiB < 1000, `${residentMiB}`);
    const share = value('processor time of the server');
    assert.ok(share >= 0 && share < 100 * 16, `${share}`);
    assert.ok(Math.abs(value('resident memory of a connection')) < 1e6);
  });
}
