/** Skills through a real gateway: who sees and runs which, what is told to whom, and servers that go wild. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Client, Json } from '../helpers/client.js';
import { openclaw } from '../helpers/command.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

/** This file runs from `dist/test/e2e`. */
const HOSTILE = join(import.meta.dirname, '../../server/backends/skills/hostile-server.js');
const EVERYTHING = join(
  import.meta.dirname,
  '../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
);

const QUIET =
  '[gateway]\nheartbeat_interval = 1000000\n[gateway.rate_limit]\nenabled = false\n[log]\nlevel = "error"\n';
const server = (name: string, script: string, args: readonly string[] = [], more = ''): string =>
  `[skills.mcp.${name}]\ncommand = ${JSON.stringify(process.execPath)}\nargs = ${JSON.stringify([script, ...args])}\n${more}`;

const listed = async (client: Client): Promise<Json[]> => (await client.call('skill.list')).skills;

/** Asks until a server is in that state. */
const untilServer = async (client: Client, state: string, name = 'hostile'): Promise<Json> => {
  for (;;) {
    const { servers } = await client.call('skill.servers');
    const found = servers.find((each: Json) => each.name === name);
    if (found.state === state) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const start = async (t: TestContext, config: string, homeDir?: string) => {
  const under = await startTestGateway(t, {
    config: QUIET + config,
    ...(homeDir === undefined ? {} : { homeDir }),
  });
  return { under, client: await under.login() };
};

test(`${req('P4-skill-list')} nothing may be used unless it is configured, and then by whom it is configured for`, async (t) => {
  const { client: without } = await start(t, '');
  assert.deepEqual(await listed(without), []);
  assert.equal((await without.request('skill.call', { skill: 'time.now' })).error.code, 4042);
  const { under, client } = await start(
    t,
    `[skills]\nbuilt_in = ["time.*", "reminder.*@ada"]\n${server('hostile', HOSTILE, ['good'], 'allow = ["echo", "p*@ada"]\n')}`,
  );
  await untilServer(client, 'ready');
  const ada = await under.login({ token: await addToken(under, { principal: 'ada' }) });
  const names = async (whose: Client) => (await listed(whose)).map(({ name }) => name);
  assert.deepEqual(await names(client), ['hostile.echo', 'time.now']);
  assert.deepEqual(await names(ada), [
    'hostile.echo',
    'hostile.pid',
    'reminder.cancel',
    'reminder.list',
    'reminder.set',
    'time.now',
  ]);
  const [echo] = await listed(client);
  assert.deepEqual([echo.source, echo.state, echo.parameters.type], ['hostile', 'ready', 'object']);
});

test(`${req('P4-skill-admin', 'P2-skill-not-found', 'P2-skill-failed')} an operator calls a skill, and what comes of it is told`, async (t) => {
  const { under, client } = await start(
    t,
    `[skills]\nmax_output_bytes = 2000\n${server('everything', EVERYTHING)}${server('hostile', HOSTILE, ['good'])}`,
  );
  await untilServer(client, 'ready');
  await untilServer(client, 'ready', 'everything');
  const sum = await client.call('skill.call', { skill: 'everything.get-sum', arguments: { a: 2, b: 3 } });
  assert.equal(sum.result, 'The sum of 2 and 3 is 5.');
  assert.deepEqual([sum.ok, sum.background], [true, false]);
  const failed = await client.call('skill.call', { skill: 'hostile.fail' });
  assert.deepEqual(
    [failed.ok, failed.error],
    [false, { code: 5021, message: 'Skill failed: it went wrong' }],
  );
  const large = await client.call('skill.call', { skill: 'hostile.large' });
  assert.ok(Buffer.byteLength(large.result) <= 2000);
  for (const skill of ['nothing', 'hostile.nothing', 'time.now', 'constructor']) {
    assert.equal((await client.request('skill.call', { skill })).error.code, 4042, skill);
  }
  const deep = JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`);
  assert.equal(
    (await client.request('skill.call', { skill: 'hostile.echo', arguments: deep })).error.code,
    -32602,
  );
  const user = await under.login({ token: await addToken(under, { principal: 'ada' }) });
  for (const method of ['skill.call', 'skill.servers', 'skill.approve']) {
    const params = { 'skill.call': { skill: 'hostile.echo' }, 'skill.servers': {} }[method] ?? {
      server: 'hostile',
      hash: '0'.repeat(64),
    };
    assert.deepEqual((await user.request(method, params)).error, {
      code: 4012,
      message: 'Permission denied',
      data: { scope: 'admin' },
    });
  }
});

test(`${req('P4-skill-events')} the followers of the channel hear of a run before and after it, if they may see skills`, async (t) => {
  const { under, client } = await start(
    t,
    `[skills]\ntimeout_seconds = 3\nmax_concurrent = 1\n${server('hostile', HOSTILE, ['good'])}`,
  );
  await untilServer(client, 'ready');
  const other = await under.login();
  const blind = await under.login({ token: await addToken(under, { principal: 'local', scopes: ['chat'] }) });
  const { channel_id: channel } = await client.call('channel.create', { name: 'work' });
  await other.call('channel.subscribe', { channel_id: channel });
  const called = await client.call('skill.call', {
    skill: 'hostile.echo',
    arguments: { text: 'hi' },
    channel,
  });
  await other.frame(({ method }) => method === 'skill.result');
  const [invoked] = other.notifications('skill.invoke');
  const [result] = other.notifications('skill.result');
  const about = {
    invocation_id: called.invocation_id,
    skill: 'hostile.echo',
    channel,
    message_id: called.invocation_id,
  };
  assert.deepEqual(invoked, { ...about, arguments: { text: 'hi' } });
  assert.deepEqual({ ...result, duration_ms: 0 }, { ...about, ok: true, result: 'hi', duration_ms: 0 });
  // A run that takes too long, and one more of a skill that runs as often as it may.
  const waiting = client.call('skill.call', { skill: 'hostile.wait' });
  await client.frame(({ method, params }) => method === 'skill.invoke' && params.skill === 'hostile.wait');
  const refused = await client.call('skill.call', { skill: 'hostile.wait' });
  assert.match(refused.error.message, /runs as often as it may at the same time/);
  assert.match((await waiting).error.message, /^Skill failed: It did not end within 3 seconds\.$/);
  const { error } = client.notifications('skill.result').at(-1);
  assert.equal(error.code, 5021);
  await blind.settle();
  assert.deepEqual([blind.notifications('skill.invoke'), blind.notifications('skill.result')], [[], []]);
});

test(`${req('P4-skill-events')} a run in the background is answered at once and ends with a notification, a planned end included`, async (t) => {
  const { under, client } = await start(t, server('hostile', HOSTILE, ['good']));
  await untilServer(client, 'ready');
  const call = { skill: 'hostile.late', background: true };
  const { ok, background, invocation_id } = await client.call('skill.call', call);
  assert.deepEqual([ok, background], [true, true]);
  const ping = await client.frame(({ params }) => params?.notifications?.length > 0, 'a notification');
  const [{ type, msg }] = ping.params.notifications;
  assert.deepEqual([type, msg], ['skill', 'hostile.late has ended: too late']);
  assert.equal(client.notifications('skill.result')[0].invocation_id, invocation_id);
  await client.call('skill.call', { skill: 'hostile.wait', background: true });
  const again = await under.restart();
  const { notifications } = await (await again.login()).call('system.notifications');
  assert.ok(notifications.some((each: Json) => each.msg.startsWith('hostile.wait has failed: ')));
});

test('the built-in reminder comes with the heartbeat', async (t) => {
  const { client } = await start(t, '[skills]\nbuilt_in = ["*"]\n');
  const set = await client.call('skill.call', {
    skill: 'reminder.set',
    arguments: { text: 'Tea', in_seconds: 0.1 },
  });
  assert.match(set.result, /^Set\. /);
  const ping = await client.frame(({ params }) => params?.notifications?.length > 0, 'the reminder');
  assert.deepEqual(
    [ping.params.notifications[0].type, ping.params.notifications[0].msg],
    ['reminder', 'Tea'],
  );
});

test('servers that spin, flood, and send lines without end hold up no socket', async (t) => {
  const modes = ['flood', 'endless-line', 'garbage', 'spin', 'many', 'exit', 'endless-pages'];
  const { client } = await start(
    t,
    `${modes.map((mode) => server(mode, HOSTILE, [mode])).join('')}${server('hostile', HOSTILE, ['good'])}`,
  );
  await untilServer(client, 'ready');
  // Most of many turns, while all of them are at it: on a thread that reads what they send, none would be quick.
  const tookMs: number[] = [];
  for (let turn = 0; turn < 200; turn += 1) {
    const sentMs = performance.now();
    await client.call('system.ping');
    tookMs.push(performance.now() - sentMs);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const medianMs = tookMs.sort((a, b) => a - b)[100] ?? 0;
  assert.ok(medianMs < 250, `a ping took ${medianMs} ms`);
  const { result } = await client.call('skill.call', { skill: 'hostile.echo', arguments: { text: 'fine' } });
  assert.equal(result, 'fine');
});

test('a crashed server is there again, and its skills say so meanwhile', async (t) => {
  const { client } = await start(t, server('hostile', HOSTILE, ['good']));
  await untilServer(client, 'ready');
  const call = await client.call('skill.call', { skill: 'hostile.exit' });
  assert.match(call.error.message, /Its server ended while it ran/);
  const echo = (await listed(client)).find(({ name }) => name === 'hostile.echo');
  assert.ok(['failed', 'starting'].includes(echo.state));
  await untilServer(client, 'ready');
  assert.equal(
    (await client.call('skill.call', { skill: 'hostile.echo', arguments: { text: 'x' } })).result,
    'x',
  );
});

test(`${req('P4-skill-admin')} other tools than were pinned wait for openclaw skills approve, over restarts`, async (t) => {
  const homeDir = temporaryFolder(t);
  const first = await start(t, server('hostile', HOSTILE, ['good']), homeDir);
  await untilServer(first.client, 'ready');
  writeFileSync(first.under.home.configFile, QUIET + server('hostile', HOSTILE, ['changed']));
  const again = await first.under.restart();
  const client = await again.login();
  const changed = await untilServer(client, 'changed');
  assert.deepEqual([changed.added, changed.changed, changed.removed], [['new'], ['echo'], []]);
  assert.match(
    (await client.call('skill.call', { skill: 'hostile.pid' })).error.message,
    /an operator has to look/,
  );
  await client.frame(
    ({ params }) => params?.notifications?.some((each: Json) => each.type === 'alert'),
    'an alert',
  );
  const env = { OPENCLAW_HOME: homeDir };
  const look = await openclaw(t, 'skills approve hostile --dry-run', env);
  assert.deepEqual([look.status, look.stdout], [0, '+ new\n~ echo\n']);
  const stale = await client.request('skill.approve', { server: 'hostile', hash: '0'.repeat(64) });
  assert.match(stale.error.data.reason, /offers something else by now/);
  const approved = await openclaw(t, 'skills approve hostile', env);
  assert.deepEqual(
    [approved.status, approved.stdout],
    [0, '+ new\n~ echo\nhostile is approved as it is now.\n'],
  );
  const called = await openclaw(t, 'skills call hostile.echo {"text":"hello"}', env);
  assert.deepEqual([called.status, called.stdout], [0, 'hello\n']);
  const shown = await openclaw(t, 'skills list', env);
  assert.match(shown.stdout, /^hostile\.new +ready +hostile +The tool new$/m);
  assert.match(shown.stdout, /^hostile +ready +14/m);
});

test('a reload takes what is allowed', async (t) => {
  const { under, client } = await start(t, '[skills]\nbuilt_in = ["time.now"]\n');
  writeFileSync(under.home.configFile, `${QUIET}[skills]\nbuilt_in = []\n`);
  const { changed } = await client.call('system.reload');
  assert.deepEqual(changed, ['skills.built_in']);
  assert.deepEqual(await listed(client), []);
});

test('a variable that is missing, and a damaged skills.json, stop the start with a sentence', async (t) => {
  await assert.rejects(
    startTestGateway(t, {
      config: server('hostile', HOSTILE, ['good'], 'env = ["OPENCLAW_TEST_MISSING"]\n'),
    }),
    /skills\.mcp\.hostile\.env names the variable OPENCLAW_TEST_MISSING, which is not set/,
  );
  const homeDir = temporaryFolder(t);
  writeFileSync(join(homeDir, 'skills.json'), '{');
  await assert.rejects(
    startTestGateway(t, { homeDir }),
    /skills\.json is damaged: put it back from a backup/,
  );
});
