import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen, type Message, send } from '../client/scripted-gateway.js';
import { openHome } from './recorded-terminal.js';

const listed = (notification_id: string, change: object = {}) => ({
  notification_id,
  principal: 'local',
  type: 'reminder',
  msg: 'Meeting\u001b[2J at 3 PM',
  created_at: '2026-03-20T10:15:23.000Z',
  due_at: '2026-03-20T14:45:00.000Z',
  state: 'scheduled',
  ...change,
});

/** A gateway that answers with these results, commands that find it, and what they asked. */
const setUp = async (t: Parameters<typeof openHome>[0], resultOf: (message: Message) => object) => {
  const asked: Message[] = [];
  const url = await listen(t, (socket, message) => {
    asked.push(message);
    send(socket, { id: message.id, result: resultOf(message) });
  });
  const { run } = openHome(t);
  const env = { OPENCLAW_URL: url, OPENCLAW_TOKEN: 'oc_user_x' };
  return { asked, run: (args: readonly string[]) => run(args, { env }) };
};

test('a message is notified as the options say, and its id printed', async (t) => {
  const { asked, run } = await setUp(t, () => ({ notification_id: 'ntf-1' }));
  const cases: [string[], object][] = [
    [[], { type: 'reminder' }],
    [
      ['--type', 'alert', '--principal', 'ada', '--client', 'phone', '--in', '10m'],
      { type: 'alert', principal: 'ada', client_id: 'phone', in_seconds: 600 },
    ],
    [['--at', '2026-03-20T15:00:00+01:00'], { type: 'reminder', at: '2026-03-20T15:00:00+01:00' }],
    [['--at', '2026-03-20T15:00'], { type: 'reminder', at: new Date('2026-03-20T15:00').toISOString() }],
    [['--cron', '0 9 * * 1-5'], { type: 'reminder', cron: '0 9 * * 1-5' }],
  ];
  for (const [options, params] of cases) {
    const outcome = await run(['notify', 'Tea', ...options]);
    assert.deepEqual(outcome, { status: 0, stdout: 'ntf-1\n', stderr: '' });
    assert.deepEqual(
      [asked.at(-1)?.method, asked.at(-1)?.params],
      ['system.notify', { msg: 'Tea', ...params }],
    );
  }
  const json = await run(['notify', 'Tea', '--json']);
  assert.deepEqual(JSON.parse(json.stdout), { notification_id: 'ntf-1' });
});

test('options that make no sense end with 2 and a sentence, and nothing is sent', async (t) => {
  const { asked, run } = await setUp(t, () => ({}));
  const lines: [string[], RegExp][] = [
    [['Tea', '--in', 'soon'], /^"soon" is no duration: .*\n$/],
    [['Tea', '--at', 'soon'], /^"soon" is no time: .*\n$/],
    [['Tea', '--in', '1m', '--cron', '* * * * *'], /^Give at most one of --in, --at and --cron\.\n$/],
    [[], /^Missing required argument 'message'.*\n$/],
  ];
  for (const [args, expected] of lines) {
    const { status, stdout, stderr } = await run(['notify', ...args]);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, expected);
  }
  assert.deepEqual(asked, []);
});

test('the list is complete, for people or as JSON', async (t) => {
  const first = [listed('ntf-1', { state: 'pending' }), listed('ntf-2', { client_id: 'phone' })];
  const second = [listed('ntf-3', { cron: '0 9 * * *' })];
  const { asked, run } = await setUp(t, ({ params }) =>
    params.after === undefined
      ? { notifications: first, has_more: true }
      : { notifications: second, has_more: false },
  );
  const table = await run(['notify', 'list', '--principal', 'ada']);
  assert.deepEqual(table, {
    status: 0,
    stderr: '',
    stdout: [
      'ID     WHEN                  CLIENT  TYPE      MESSAGE',
      'ntf-1  now                   all     reminder  Meeting [2J at 3 PM',
      'ntf-2  2026-03-20 14:45:00Z  phone   reminder  Meeting [2J at 3 PM',
      'ntf-3  0 9 * * *             all     reminder  Meeting [2J at 3 PM',
      '',
    ].join('\n'),
  });
  assert.deepEqual(
    asked.map(({ params }) => params),
    [
      { limit: 200, principal: 'ada' },
      { limit: 200, principal: 'ada', after: 'ntf-2' },
    ],
  );
  const json = await run(['notify', 'list', '--json']);
  assert.deepEqual(JSON.parse(json.stdout), [...first, ...second]);
});

test('one can be cancelled; one that is not there is an error', async (t) => {
  const { run } = await setUp(t, ({ params }) => ({ cancelled: params.notification_id === 'ntf-1' }));
  assert.deepEqual(await run(['notify', 'cancel', 'ntf-1']), {
    status: 0,
    stdout: 'ntf-1 is cancelled.\n',
    stderr: '',
  });
  const { status, stderr } = await run(['notify', 'cancel', 'ntf-2']);
  assert.equal(status, 1);
  assert.match(stderr, /^There is no notification ntf-2: .*\n$/);
});
