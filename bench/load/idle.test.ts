import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measure } from './measured.js';
import { hasProc } from './processes.js';

const CONNECTIONS = 50;
const SECONDS = 2;

for (const server of ['gateway', 'raw']) {
  test(`idle on ${server}: everybody gets in, is pinged, and stays`, { skip: !hasProc }, async (t) => {
    const { result, value } = await measure(t, 'idle', {
      connections: CONNECTIONS,
      seconds: SECONDS,
      heartbeat: 1,
      'warm-up': 0.2,
      server,
    });
    assert.equal(result.scenario, 'idle');
    assert.equal(result.server, server);
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
    assert.deepEqual(
      result.points.map(({ connections }) => connections),
      [13, 25, 38, 50],
    );
  });
}
