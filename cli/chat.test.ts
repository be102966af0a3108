import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type Answer, chunk, completion, deadUrl, listen, SENT, send } from '../client/scripted-gateway.js';
import { openHome } from './recorded-terminal.js';

/** A gateway with this answer, and commands that find it. */
const setUp = async (t: TestContext, answer: Answer, handshake?: Answer) => {
  const { run } = openHome(t);
  const env = { OPENCLAW_URL: await listen(t, answer, handshake), OPENCLAW_TOKEN: 'oc_user_x', TERM: 'dumb' };
  return (args: readonly string[], conditions: Parameters<typeof run>[1] = {}) =>
    run(args, { env, ...conditions });
};

const replyWith =
  (texts: readonly string[], end: Parameters<typeof completion>[0] = {}): Answer =>
  (socket, { id }) => {
    send(socket, { id, result: SENT });
    texts.forEach((text, index) => {
      send(socket, chunk(text, index));
    });
    send(socket, completion(end));
  };

test('a message prints its reply and nothing else', async (t) => {
  const run = await setUp(t, replyWith(['Hello', ', wor', 'ld']));
  assert.deepEqual(await run(['chat', 'hi']), { status: 0, stdout: 'Hello, world\n', stderr: '' });
});

test('message and channel arrive as given; piped input is the message, without its last line end', async (t) => {
  const asked: unknown[] = [];
  const run = await setUp(t, (socket, message) => {
    asked.push(message.params);
    replyWith(['ok\n'])(socket, message);
  });
  assert.equal((await run(['chat', '--channel', 'ch-1', 'hi there'])).stdout, 'ok\n');
  await run(['chat'], { input: 'first\nsecond\n' });
  await run(['chat', '--', '--help']);
  assert.deepEqual(asked, [
    { message: 'hi there', channel: 'ch-1' },
    { message: 'first\nsecond' },
    { message: '--help' },
  ]);
  assert.deepEqual(await run(['chat'], { input: '\n' }), {
    status: 2,
    stdout: '',
    stderr: 'There is nothing to send: give a message, or pipe one in.\n',
  });
});

test('a reply that is not whole prints what there is, and ends with 1 and a sentence', async (t) => {
  const ends: [Parameters<typeof completion>[0], RegExp][] = [
    [{ finish_reason: 'length' }, /greatest length/],
    [{ finish_reason: 'cancelled' }, /was cancelled/],
    [{ finish_reason: 'interrupted' }, /was cut short/],
    [
      { finish_reason: 'error', error: { code: 5020, message: 'Reasoning failed' } },
      /There is no reply: Reasoning failed; look/,
    ],
    [
      {
        finish_reason: 'error',
        error: { code: 5020, message: 'Reasoning failed', data: { provider: 'p', retryable: true } },
      },
      /There is no reply: Reasoning failed; send the message again later\./,
    ],
  ];
  for (const [end, sentence] of ends) {
    const run = await setUp(t, replyWith(['par', 't'], end));
    const { status, stdout, stderr } = await run(['chat', 'hi']);
    assert.deepEqual([status, stdout], [1, 'part\n']);
    assert.match(stderr, sentence);
    assert.equal(stderr.indexOf('\n'), stderr.length - 1);
  }
});

test('a terminal gets no control characters of the reply’s; a pipe gets the reply as it is', async (t) => {
  const text = 'a\u001b[2J\u0007b\tc\r\nd\u009b1m€\n';
  const run = await setUp(t, replyWith([text]));
  assert.equal((await run(['chat', 'hi'])).stdout, text);
  assert.equal((await run(['chat', 'hi'], { isTTY: true })).stdout, 'a[2Jb\tc\nd1m€\n');
});

test('on a terminal each skill has a line of its own between what is said; a pipe gets the reply alone', async (t) => {
  const about = { invocation_id: 'inv-1', skill: 'notes.read', channel: 'default', message_id: 'msg-1' };
  const run = await setUp(t, (socket, { id }) => {
    send(socket, { id, result: SENT });
    send(socket, chunk('Let me look.', 0));
    const path = `a\u001b[2J\u009b${'b'.repeat(100)}`;
    send(socket, { method: 'skill.invoke', params: { ...about, arguments: { path } } });
    send(socket, { method: 'skill.invoke', params: { ...about, skill: 'time.now', arguments: {} } });
    send(socket, {
      method: 'skill.invoke',
      params: { ...about, message_id: 'another', arguments: {} },
    });
    const error = { code: 5021, message: 'Skill failed: no\nsuch file' };
    send(socket, { method: 'skill.result', params: { ...about, ok: false, error, duration_ms: 1 } });
    setTimeout(() => {
      send(socket, chunk('\n\n', 1));
      send(socket, chunk('It is gone.', 2));
      send(socket, completion());
    }, 200);
  });
  const { stdout } = await run(['chat', 'hi'], { isTTY: true });
  const lines = stdout.split('\n');
  assert.equal(lines[0], 'Let me look.');
  assert.match(lines[1] ?? '', /^· notes\.read \{"path":"a\\u001b\[2J b+…$/);
  assert.equal(lines[1]?.length, 79);
  assert.deepEqual(lines.slice(2), [
    '· time.now',
    '· notes.read: Skill failed: no such file',
    'It is gone.',
    '',
  ]);
  assert.equal((await run(['chat', 'hi'])).stdout, 'Let me look.\n\nIt is gone.\n');
});

test('an interrupt cancels the reply', async (t) => {
  const run = await setUp(t, (socket, { id, method, params }) => {
    if (method === 'chat.send') {
      send(socket, { id, result: SENT });
      send(socket, chunk('begun', 0));
    } else {
      assert.deepEqual([method, params], ['chat.cancel', { message_id: 'msg-1' }]);
      send(socket, { id, result: { cancelled: true } });
      send(socket, completion({ finish_reason: 'cancelled' }));
    }
  });
  const onOutput = (stdout: string, signal: (name: NodeJS.Signals) => void) => {
    if (stdout === 'begun') signal('SIGINT');
  };
  assert.deepEqual(await run(['chat', 'hi'], { onOutput }), {
    status: 1,
    stdout: 'begun\n',
    stderr: 'The reply was cancelled.\n',
  });
});

test('errors of the gateway become sentences', async (t) => {
  const cases: [object, string][] = [
    [{ code: 4040, message: 'Channel not found' }, 'Channel not found (4040).\n'],
    [
      { code: 4012, message: 'Permission denied', data: { scope: 'chat' } },
      'Permission denied: this needs a token with the scope chat.\n',
    ],
    [
      { code: 4003, message: 'Rate limit exceeded', data: { retry_after_ms: 1001 } },
      'Rate limit exceeded: try again in 2 s.\n',
    ],
    [
      { code: -32603, message: 'Internal error', data: { trace_id: 't-1' } },
      'Internal error: look for t-1 in the gateway’s log.\n',
    ],
    [
      {
        code: -32602,
        message: 'Invalid params',
        data: { errors: [{ path: '/channel', message: 'is \u001b[31mbad' }] },
      },
      'Invalid params: /channel is  [31mbad (-32602).\n',
    ],
  ];
  for (const [error, stderr] of cases) {
    const run = await setUp(t, (socket, { id }) => send(socket, { id, error }));
    assert.deepEqual(await run(['chat', 'hi']), { status: 1, stdout: '', stderr });
  }
});

test('no gateway, a wrong token, a throttled address and a lost connection say what to do', async (t) => {
  const { run } = openHome(t);
  const url = await deadUrl();
  const env = { OPENCLAW_URL: url, OPENCLAW_TOKEN: 'oc_user_secret' };
  assert.deepEqual(await run(['chat', 'hi'], { env }), {
    status: 1,
    stdout: '',
    stderr: `No gateway answers at ${url}. Start one with \`openclaw gateway\`.\n`,
  });
  const refusing =
    (data?: object): Answer =>
    (socket, { id }) =>
      send(socket, { id, error: { code: 4011, message: 'Authentication failed', data } });
  const wrong = await (await setUp(t, assert.fail, refusing()))(['chat', 'hi']);
  assert.match(
    wrong.stderr,
    /does not accept the token from OPENCLAW_TOKEN: make one with `openclaw token create`/,
  );
  const throttled = await (await setUp(t, assert.fail, refusing({ retry_after_ms: 59_001 })))(['chat', 'hi']);
  assert.match(throttled.stderr, /too many wrong tokens from this address: try again in 60 s\.\n$/);
  const lost = await (await setUp(t, (socket) => socket.close(4001, 'Token revoked')))(['chat', 'hi']);
  assert.equal(
    lost.stderr,
    'Connection closed: code=4001, reason="Token revoked"\n' +
      'Make another token with `openclaw token create` where the gateway runs.\n',
  );
  for (const { status, stderr } of [wrong, throttled, lost]) {
    assert.equal(status, 1);
    assert.ok(!stderr.includes('oc_user'));
  }
});

test('a message over the limit is refused here', async (t) => {
  const run = await setUp(t, assert.fail);
  const { status, stderr } = await run(['chat', 'x'.repeat(3000)]);
  assert.equal(status, 1);
  assert.equal(
    stderr,
    'The message is larger than the 2048 bytes that this gateway takes. Send it in parts.\n',
  );
});

/** What a conversation asks first is answered for it. */
const inConversation =
  (answer: Answer): Answer =>
  (socket, message) => {
    if (message.method !== 'channel.list') answer(socket, message);
    else send(socket, { id: message.id, error: { code: 4012, message: 'Permission denied' } });
  };

const GREETING =
  /^Connected to ws:\/\/[\d.:]+, channel default\.\nAlt-Enter begins a new line; \/help lists commands and keys; Ctrl-D ends\.\n/;

test('without keys a conversation goes line by line, survives a refused message, and ends with the input', async (t) => {
  let asked = 0;
  const answer = inConversation((socket, message) => {
    asked++;
    if (message.params.message === 'bad')
      send(socket, { id: message.id, error: { code: 4090, message: 'Conflict' } });
    else replyWith([`you said ${message.params.message}`])(socket, message);
  });
  const run = await setUp(t, answer);
  const input = new PassThrough();
  input.write('one\n  \nbad\nand \\\n');
  const onOutput = (stdout: string) => {
    if (stdout.endsWith('Conflict (4090).\ndefault> ')) input.end('more\n');
  };
  const { status, stdout, stderr } = await run(['chat'], { isTTY: true, input, onOutput });
  assert.equal(status, 0);
  assert.equal(
    stdout.replace(GREETING, ''),
    'you said one\nConflict (4090).\ndefault> you said and \nmore\ndefault> \n',
  );
  assert.equal(stderr, '');
  assert.equal(asked, 3);
});

test('Ctrl+C at the prompt says how to end; a lost connection that cannot come back ends with 1', async (t) => {
  const run = await setUp(
    t,
    inConversation((socket) => socket.close(4001, 'Token revoked')),
  );
  const input = new PassThrough();
  const atPrompt = await run(['chat'], {
    isTTY: true,
    input,
    onOutput: (stdout, signal) => {
      if (stdout.endsWith('ends.\ndefault> ')) setImmediate(signal, 'SIGINT');
      if (stdout.endsWith('conversation.\ndefault> ')) setImmediate(signal, 'SIGTERM');
    },
  });
  assert.deepEqual([atPrompt.status, atPrompt.stderr], [0, '']);
  assert.match(atPrompt.stdout, /\n\/quit or Ctrl-D ends the conversation\.\ndefault> \n$/);
  const lost = await run(['chat'], { isTTY: true, input: Readable.from(['hi\n']) });
  assert.deepEqual(
    [lost.status, lost.stderr],
    [
      1,
      'Connection closed: code=4001, reason="Token revoked"\nMake another token with `openclaw token create` where the gateway runs.\n',
    ],
  );
});

test('Ctrl+C before there is an answer ends a conversation that has not begun', async (t) => {
  let signal = (_: NodeJS.Signals): void => {};
  const run = await setUp(t, (_socket, { method }) => {
    assert.equal(method, 'channel.switch');
    signal('SIGINT');
  });
  const onSignals = (send: (name: NodeJS.Signals) => void) => {
    signal = send;
  };
  const outcome = await run(['chat', '--channel', 'ch-1'], {
    isTTY: true,
    input: new PassThrough(),
    onSignals,
  });
  assert.deepEqual(outcome, { status: 0, stdout: '', stderr: '' });
});

test('notifications are printed on standard error, each once and fit for a terminal', async (t) => {
  const answer: Answer = (socket, message) => {
    if (message.method !== 'chat.send') return;
    const notification = { id: 'n-1', type: 'remin\u001bder', msg: 'Meeting\u001b[2J at 3 PM' };
    send(socket, { method: 'heartbeat.ping', params: { seq: 1, notifications: [notification] } });
    const other = { ...notification, id: 'n-2', type: 'alert', msg: 'Late' };
    send(socket, { method: 'heartbeat.ping', params: { seq: 2, notifications: [notification, other] } });
    replyWith(['ok'])(socket, message);
  };
  const run = await setUp(t, answer);
  const expected = '[remin der] Meeting[2J at 3 PM\n[alert] Late\n';
  assert.deepEqual(await run(['chat', 'hi']), { status: 0, stdout: 'ok\n', stderr: expected });
});
