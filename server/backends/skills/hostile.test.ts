/** Servers that do what no server should: each costs itself, and nothing else. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { invoke } from './contract.js';
import { PinFile } from './pin-file.js';
import { hostileServer, openServers, testFolder } from './test-servers.js';

const start = (t: TestContext, mode: string, dir = testFolder(t)) =>
  openServers(t, [hostileServer(mode, join(dir, 'flag'))], new PinFile(join(dir, 'skills.json')));

/** Ends a call after a while that is long for an answer and short for a test. */
const soon = (): AbortSignal => AbortSignal.timeout(300);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

for (const [mode, reason] of [
  ['exit', /ended \(status 3\)/],
  ['endless-line', /sends more than 4 MiB in one message/],
  ['flood', /sends messages without end/],
  ['garbage', /sends messages without end/],
  ['many', /lists more than 512 tools/],
  ['endless-pages', /lists tools on more than 64 pages/],
] as const) {
  test(`a server that goes on with ${mode} is ended, and started again later each time`, async (t) => {
    const { skills, reports, reached } = start(t, mode);
    const first = await reached('failed');
    assert.match(first.sentence, reason);
    assert.ok(skills.list().every(({ state }) => state === 'failed'));
    assert.match((await invoke(skills, 'hostile.echo', {})).content, /its server has failed/);
    // It fails in the same way again, which is not said again.
    const failures = reports.filter(({ state }) => state === 'failed').length;
    assert.equal(failures, 1);
  });
}

test('a server that cannot be started says why', async (t) => {
  const { skills, reached } = openServers(
    t,
    [{ name: 'none', target: { kind: 'command', command: '/nonexistent', args: [], env: {} } }],
    new PinFile(join(testFolder(t), 'skills.json')),
  );
  assert.match(
    (await reached('failed')).sentence,
    /^The MCP server none cannot be used: It cannot be started \(ENOENT\)/,
  );
  assert.equal(skills.servers()[0]?.state, 'failed');
});

test('a server that fails once is there again within a second, and operators see what it said', async (t) => {
  const { skills, reached } = start(t, 'exit-once');
  await reached('failed');
  assert.match(
    skills.servers()[0]?.reason ?? '',
    /ended \(status 3\); it is started again\. It said: cannot find my/,
  );
  await reached('ready');
  assert.equal((await invoke(skills, 'hostile.echo', { text: 'x' })).ok, true);
});

test('a server that ends while it runs a tool ends that run; its skills say so until it is back', async (t) => {
  const { skills, reached } = start(t, 'good');
  await reached('ready');
  const waiting = invoke(skills, 'hostile.wait', {});
  const outcome = await invoke(skills, 'hostile.exit', {});
  assert.deepEqual(outcome, { ok: false, content: 'Its server ended while it ran.' });
  assert.equal((await waiting).ok, false);
  assert.equal(skills.list().find(({ tool }) => tool === 'echo')?.state, 'failed');
  await reached('ready');
  assert.equal(skills.list().find(({ tool }) => tool === 'echo')?.state, 'ready');
  assert.equal((await invoke(skills, 'hostile.echo', { text: 'x' })).ok, true);
});

test('answers that come twice or too late, refusals and failures are told from results', async (t) => {
  const { skills, reached } = start(t, 'good');
  await reached('ready');
  assert.deepEqual(await invoke(skills, 'hostile.twice', {}), { ok: true, content: 'first' });
  assert.equal((await invoke(skills, 'hostile.late', {}, {}, AbortSignal.timeout(50))).ok, false);
  assert.match((await invoke(skills, 'hostile.refuse', {})).content, /^The server refused it: .*not today/);
  assert.deepEqual(await invoke(skills, 'hostile.fail', {}), { ok: false, content: 'it went wrong' });
  assert.deepEqual(await invoke(skills, 'hostile.echo', { text: 'x' }), { ok: true, content: 'x' });
});

test('an answer that is nested without end harms nobody', async (t) => {
  const { skills, reached } = start(t, 'good');
  await reached('ready');
  const { ok } = await invoke(skills, 'hostile.deep', {}, {}, AbortSignal.timeout(5000));
  assert.equal(ok, false);
  await reached('ready');
  assert.equal((await invoke(skills, 'hostile.echo', { text: 'x' })).ok, true);
});

test('a server that stops answering is given up once a run of it was', async (t) => {
  const { skills, reached } = start(t, 'good');
  await reached('ready');
  assert.equal((await invoke(skills, 'hostile.spin', {}, {}, soon())).ok, false);
  assert.match((await reached('failed')).sentence, /does not answer any more/);
  await reached('ready');
});

test('a schema whose pattern takes for ever costs its server’s thread and nothing else', async (t) => {
  const { skills, reached } = start(t, 'evil-schemas');
  await reached('ready');
  assert.deepEqual(
    skills.list().map(({ tool }) => tool),
    ['echo', 'proto', 'regex', 'remote'],
  );
  assert.equal((await invoke(skills, 'hostile.remote', {})).ok, false);
  assert.equal((await invoke(skills, 'hostile.proto', {})).ok, true);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  const stuck = invoke(skills, 'hostile.regex', { text: `${'a'.repeat(64)}!` }, {}, soon());
  assert.equal((await stuck).ok, false);
  assert.match((await reached('failed')).sentence, /keeps its thread busy/);
  await reached('ready');
  assert.equal((await invoke(skills, 'hostile.echo', { text: 'x' })).ok, true);
});

test('a server gets the environment that it was given, and nothing of the gateway’s', async (t) => {
  process.env.OPENCLAW_TEST_SECRET = 'secret';
  t.after(() => delete process.env.OPENCLAW_TEST_SECRET);
  const { skills, reached } = start(t, 'good');
  await reached('ready');
  const { content } = await invoke(skills, 'hostile.environment', {});
  assert.deepEqual(JSON.parse(content), { ONLY: 'this' });
});

test('other tools than were pinned are not used until they are approved as they were looked at', async (t) => {
  const dir = testFolder(t);
  const { skills, reached } = start(t, 'good', dir);
  await reached('ready');
  const [before] = skills.servers();
  await invoke(skills, 'hostile.misbehave', { text: 'changed' });
  assert.match((await reached('changed')).sentence, /offers other tools than were approved/);
  const [server] = skills.servers();
  assert.deepEqual([server?.added, server?.changed], [['new'], ['echo']]);
  assert.ok(skills.list().every(({ state }) => state === 'changed'));
  assert.match((await invoke(skills, 'hostile.pid', {})).content, /an operator has to look at them/);
  assert.equal(await skills.approve('hostile', before?.hash ?? ''), 'other-hash');
  assert.equal(await skills.approve('hostile', server?.hash ?? ''), 'approved');
  assert.equal((await invoke(skills, 'hostile.new', {})).ok, true);
  await skills.close();
  // It is held to them at the next start, too: the old ones are now the others.
  const again = start(t, 'good', dir);
  await again.reached('changed');
  assert.deepEqual(again.skills.servers()[0]?.removed, ['new']);
});

test('a server that does not leave is ended, with what it is', async (t) => {
  const { skills, reached } = start(t, 'stubborn');
  await reached('ready');
  const pid = Number((await invoke(skills, 'hostile.pid', {})).content);
  assert.ok(isAlive(pid));
  await skills.close();
  assert.ok(!isAlive(pid));
});
