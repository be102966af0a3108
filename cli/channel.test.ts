import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen, type Message, send } from '../client/scripted-gateway.js';
import { openHome } from './recorded-terminal.js';

const CHANNEL = {
  channel_id: 'ch-1',
  name: 'code\u001b[2Jreview',
  metadata: {},
  created_at: '2026-03-20T10:15:23.000Z',
};
const RESULTS: Readonly<Record<string, object>> = {
  'channel.list': {
    channels: [
      { ...CHANNEL, message_count: 4, last_activity_at: '2026-03-21T10:15:23.123Z', subscribed: true },
    ],
    current: 'default',
  },
  'channel.create': CHANNEL,
  'channel.update': CHANNEL,
  'channel.delete': { deleted: true },
  'chat.history': {
    messages: [
      {
        message_id: 'm',
        seq: 1,
        role: 'user',
        content: 'hi\nthere\u001b[0m',
        created_at: '2026-03-20T10:15:23Z',
      },
      {
        message_id: 'm',
        seq: 2,
        role: 'assistant',
        content: 'hello',
        created_at: '2026-03-20T10:15:24Z',
        skills: [
          { invocation_id: 'inv-1', skill: 'time.now', ok: true, content: 'noon' },
          { invocation_id: 'inv-2', skill: 'notes.re\u001b[2Jad', ok: false, content: 'no' },
          { invocation_id: 'inv-3', skill: 'time.now', ok: true, content: 'noon' },
        ],
      },
    ],
    has_more: false,
  },
};

const HISTORY =
  '1 user 2026-03-20 10:15:23Z\nhi\nthere[0m\n\n2 assistant 2026-03-20 10:15:24Z\n· time.now ×2, notes.re [2Jad (failed)\nhello\n\n';

test('each subcommand is one request, printed for people or as JSON', async (t) => {
  const asked: Message[] = [];
  const url = await listen(t, (socket, message) => {
    asked.push(message);
    send(socket, { id: message.id, result: RESULTS[message.method] });
  });
  const { run } = openHome(t);
  const env = { OPENCLAW_URL: url, OPENCLAW_TOKEN: 'oc_user_x' };
  const cases: [string, string, object, string][] = [
    [
      'list',
      'channel.list',
      {},
      'ID    NAME            MESSAGES  LAST ACTIVITY\nch-1  code [2Jreview  4         2026-03-21 10:15:23Z\n',
    ],
    ['create', 'channel.create', {}, 'ch-1\n'],
    ['create writing', 'channel.create', { name: 'writing' }, 'ch-1\n'],
    [
      'update ch-1 --name x',
      'channel.update',
      { channel_id: 'ch-1', name: 'x' },
      'ch-1 is now named code [2Jreview\n',
    ],
    ['delete ch-1', 'channel.delete', { channel_id: 'ch-1' }, 'ch-1 is deleted.\n'],
    ['history ch-1 --limit 2 --before 3', 'chat.history', { limit: 2, channel: 'ch-1', before: 3 }, HISTORY],
    ['history', 'chat.history', { limit: 50 }, HISTORY],
  ];
  for (const [line, method, params, expected] of cases) {
    const { status, stdout, stderr } = await run(['channel', ...line.split(' ')], { env });
    assert.deepEqual([status, stderr], [0, ''], line);
    if (expected !== '')
      assert.equal(stdout, expected.replace('NAME             ', 'NAME            '), line);
    assert.deepEqual([asked.at(-1)?.method, asked.at(-1)?.params], [method, params], line);
    const json = await run(['channel', ...line.split(' '), '--json'], { env });
    const result = RESULTS[method] as { channels?: object };
    assert.deepEqual(JSON.parse(json.stdout), method === 'channel.list' ? result.channels : result, line);
  }
});
