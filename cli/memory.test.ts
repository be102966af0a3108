import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen, type Message, send } from '../client/scripted-gateway.js';
import { openHome } from './recorded-terminal.js';

/** A gateway that answers so, commands that find it, and what they asked. */
const setUp = async (
  t: Parameters<typeof openHome>[0],
  answerTo: (message: Message, nth: number) => object,
) => {
  const asked: Message[] = [];
  const url = await listen(t, (socket, message) => {
    asked.push(message);
    send(socket, { id: message.id, ...answerTo(message, asked.length) });
  });
  const { run } = openHome(t);
  const env = { OPENCLAW_URL: url, OPENCLAW_TOKEN: 'oc_user_x' };
  return { asked, run: (args: readonly string[], input = '') => run(['memory', ...args], { env, input }) };
};

const tooMany = { error: { code: 4003, message: 'Rate limit exceeded', data: { retry_after_ms: 1 } } };

test('what the rate limit refuses is asked again, and nothing is left out', async (t) => {
  const page = { lines: ['{"type":"export","version":1}'], next: '1.0.default' };
  const last = { lines: ['{"type":"message"}'], next: null };
  const answers = [{ result: page }, tooMany, tooMany, { result: last }];
  const { asked, run } = await setUp(t, (_message, nth) => answers[nth - 1] ?? {});
  const outcome = await run(['export', '--principal', 'ada', '--channel', 'coding']);
  assert.deepEqual(outcome, { status: 0, stderr: '', stdout: `${page.lines[0]}\n${last.lines[0]}\n` });
  const only = { principal: 'ada', channel: 'coding', limit: 500 };
  const second = { ...only, after: '1.0.default' };
  assert.deepEqual(
    asked.map(({ params }) => params),
    [only, second, second, second],
  );
});

test('an import goes in pages whose lines keep their order, and lines are told by their number in the file', async (t) => {
  const lines = Array.from({ length: 60 }, (_, at) => JSON.stringify({ seq: at, content: '"'.repeat(50) }));
  const { asked, run } = await setUp(t, ({ params }) => {
    const sent = params.lines as string[];
    const bad = sent.indexOf(lines[41] ?? '') + 1;
    const errors = bad === 0 ? [] : [{ line: bad, message: 'seq is\u001b[2J missing' }];
    return { result: { imported: sent.length - errors.length, skipped: 0, errors } };
  });
  const outcome = await run(['import', '-'], lines.join('\n'));
  assert.deepEqual([outcome.status, outcome.stdout], [1, '59 imported, 0 there already.\n']);
  assert.match(outcome.stderr, /^-:42: seq is \[2J missing\n1 line could not be stored: .*\.\n$/);
  assert.ok(asked.length > 5, 'none larger than the gateway takes');
  assert.deepEqual(
    asked.flatMap(({ params }) => params.lines),
    lines,
  );
});

test('what the gateway cannot do is a sentence', async (t) => {
  const error = { code: -32603, message: 'Internal error', data: { trace_id: 'abc' } };
  const { run } = await setUp(t, () => ({ error }));
  for (const args of [['stats'], ['check'], ['vacuum'], ['backup'], ['export'], ['import', '-']]) {
    const { status, stdout, stderr } = await run(args, '{}');
    assert.deepEqual([status, stdout], [1, ''], args[0]);
    assert.match(stderr, /look for abc in the gateway’s log\.\n$/);
  }
});
