import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen, type Message, send } from '../client/scripted-gateway.js';
import { openHome } from './recorded-terminal.js';

const skill = {
  name: 'files.read',
  description: 'Reads\u001b[2J a file\nand more',
  source: 'files',
  parameters: {},
  state: 'ready',
};
const server = {
  name: 'files',
  state: 'changed',
  reason: 'It offers other tools than were approved.',
  skills: 1,
  hash: 'a'.repeat(64),
  added: ['delete'],
  changed: ['read'],
  removed: ['list'],
};

/** A gateway that answers with these results or errors, commands that find it, and what they asked. */
const setUp = async (t: Parameters<typeof openHome>[0], answerOf: (message: Message) => object) => {
  const asked: Message[] = [];
  const url = await listen(t, (socket, message) => {
    asked.push(message);
    send(socket, { id: message.id, ...answerOf(message) });
  });
  const { run } = openHome(t);
  const env = { OPENCLAW_URL: url, OPENCLAW_TOKEN: 'oc_user_x' };
  return { asked, run: (...args: string[]) => run(args, { env }) };
};

test('a call’s arguments are sent as they are, and its result printed', async (t) => {
  const { asked, run } = await setUp(t, () => ({
    result: {
      invocation_id: 'inv-1',
      ok: true,
      background: false,
      result: 'one\u001b[2J\ntwo',
      duration_ms: 1,
    },
  }));
  const outcome = await run('skills', 'call', 'files.read', '{"path":"/a"}', '--channel', 'ch-1');
  assert.deepEqual(outcome, { status: 0, stdout: 'one[2J\ntwo\n', stderr: '' });
  const params = { skill: 'files.read', arguments: { path: '/a' }, channel: 'ch-1' };
  assert.deepEqual([asked.at(-1)?.method, asked.at(-1)?.params], ['skill.call', params]);
  for (const args of ['{', '[]', '5']) {
    const refused = await run('skills', 'call', 'files.read', args);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /^The arguments must be a JSON object such as/);
  }
});

test('a call that fails ends with 1 and says why', async (t) => {
  const { run } = await setUp(t, ({ params }) =>
    (params as { skill?: string }).skill === 'none'
      ? { error: { code: 4042, message: 'Skill not found' } }
      : {
          result: {
            invocation_id: 'inv-1',
            ok: false,
            background: false,
            error: { code: 5021, message: 'Skill failed: no' },
            duration_ms: 1,
          },
        },
  );
  assert.deepEqual(await run('skills', 'call', 'x'), { status: 1, stdout: '', stderr: 'Skill failed: no\n' });
  assert.match(
    (await run('skills', 'call', 'none')).stderr,
    /^There is no skill none, or you may not use it: /,
  );
});

test('skills and servers are listed, their words made harmless', async (t) => {
  const { run } = await setUp(t, ({ method }) =>
    method === 'skill.list' ? { result: { skills: [skill] } } : { result: { servers: [server] } },
  );
  const { stdout } = await run('skills', 'list');
  assert.match(stdout, /^files\.read +ready +files +Reads ?\[2J a file$/m);
  assert.ok(!stdout.includes('\u001b'));
});

test('an approval shows the difference and names exactly what was shown', async (t) => {
  const { asked, run } = await setUp(t, ({ method }) =>
    method === 'skill.servers' ? { result: { servers: [server] } } : { result: { approved: true } },
  );
  const dry = await run('skills', 'approve', 'files', '--dry-run');
  assert.deepEqual(dry, { status: 0, stdout: '+ delete\n~ read\n- list\n', stderr: '' });
  assert.ok(asked.every(({ method }) => method !== 'skill.approve'));
  const done = await run('skills', 'approve', 'files');
  assert.equal(done.stdout, '+ delete\n~ read\n- list\nfiles is approved as it is now.\n');
  assert.deepEqual(asked.at(-1)?.params, { server: 'files', hash: server.hash });
  assert.match((await run('skills', 'approve', 'nobody')).stderr, /^There is no MCP server nobody: /);
});
