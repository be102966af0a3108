/** `gateway --debug`, `gateway trace` and `status gateway` beside a gateway in a process of its own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openHome } from './recorded-terminal.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const STAMP = String.raw`\[DEBUG\] \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;

/** A gateway whose standard output can be read; it has started. */
const start = async (t: TestContext, home: string, args: readonly string[] = []) => {
  const child = spawn(process.execPath, [MAIN, 'gateway', ...args], {
    env: {
      OPENCLAW_HOME: home,
      OPENCLAW_GATEWAY__PORT: '0',
      OPENCLAW_METRICS__PORT: '0',
      OPENCLAW_REASONING__EMBEDDED__CHUNK_DELAY_MS: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let stdout = '';
  let look = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    look();
  });
  const printed = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      child.on('exit', () => reject(new Error(`It ended without ${pattern}: ${stdout}`)));
      look = () => {
        if (pattern.test(stdout)) resolve(stdout);
      };
      look();
    });
  await printed(/ listens at /);
  return { child, printed };
};

test('--debug prints the lines of the text for a message, and no word of it', async (t) => {
  const { home, run } = openHome(t);
  const { printed } = await start(t, home, ['--debug']);
  assert.equal((await run(['chat', 'Canary message'])).status, 0);
  const text = await printed(/chat\.complete/);
  for (const line of [
    String.raw`RECV msg_id=2 method=chat\.send channel=default size=\d+B`,
    String.raw`ROUTE msg_id=2 → ReasoningLayer latency=\d+\.\dms`,
    String.raw`RECALL msg_id=2 messages=0 summaries=0 duration=\d+(\.\d)?ms`,
    'ASK msg_id=2 → embedded step=1 tools=0',
    String.raw`MODEL msg_id=2 model=embedded step=1 finish=stop input=\d+ output=\d+ first_token=\d+(\.\d)?ms duration=\d+(\.\d)?ms`,
    String.raw`DONE msg_id=2 finish=stop steps=1 tokens=\d+ duration=\d+ms`,
    String.raw`SEND msg_id=2 method=chat\.stream chunk=0 (span=\d+ )?size=\d+B`,
    String.raw`SEND msg_id=2 method=chat\.complete tokens=\d+ duration=\d+ms`,
  ]) {
    assert.match(text, new RegExp(`^${STAMP} ${line}$`, 'm'));
  }
  assert.doesNotMatch(text, /Canary|oc_local_[^d]/);
});

test('trace shows what others do until it is told to stop', async (t) => {
  const { home, run } = openHome(t);
  await start(t, home);
  let chatted = false;
  const chat = (): void => {
    chatted = true;
    void run(['chat', 'Hello']);
  };
  const traced = await run(['gateway', 'trace', '--verbose', '--method', 'chat.*'], {
    isTTY: true,
    onErrors: (stderr) => {
      if (!chatted && stderr.includes('Watching')) chat();
    },
    onOutput: (stdout, signal) => {
      if (stdout.includes('method=chat.complete')) signal('SIGINT');
    },
  });
  assert.equal(traced.status, 0);
  const lines = traced.stdout.trimEnd().split('\n');
  for (const line of lines)
    assert.match(line, new RegExp(`^${STAMP} (RECV|ROUTE|SEND|ASK|MODEL|DONE) msg_id=2 `));
  // Nobody but who chats is sent the reply.
  assert.equal(lines.filter((line) => line.includes('method=chat.complete')).length, 1);
  assert.ok(lines.some((line) => line.includes(' client=cli-') && line.includes(' body={"jsonrpc":"2.0"')));
});

test('trace says what is wrong with its options, and when the gateway goes', async (t) => {
  const { home, run } = openHome(t);
  const { child } = await start(t, home);
  for (const args of [
    ['--channel', 'a b'],
    ['--client', ''],
    ['--method', 'chat.send now'],
  ]) {
    const { status, stderr } = await run(['gateway', 'trace', ...args]);
    assert.equal(status, 2);
    assert.match(stderr, /^--(channel|client|method) takes .*\.\n$/);
  }
  const tracing = run(['gateway', 'trace', '--json'], {
    isTTY: true,
    onErrors: (stderr) => {
      if (stderr.includes('Watching')) child.kill('SIGTERM');
    },
  });
  const { status, stderr } = await tracing;
  assert.equal(status, 1);
  assert.match(stderr, /code=1001, reason="Server shutdown"\n/);
  await once(child, 'exit').catch(() => {});
});

test('status gateway draws the screen of the text, again and again in place with --watch', async (t) => {
  const { home, run } = openHome(t);
  await start(t, home);
  const once = await run(['status', 'gateway']);
  assert.equal(once.status, 0);
  const screen = [
    'Gateway Status',
    '─{37}',
    String.raw`Uptime: (\d+[dhm] )*\d+s`,
    'Active Connections: 1',
    String.raw`Total Messages: \d+`,
    String.raw`Messages/sec: \d+\.\d\d`,
    String.raw`Active Channels: \d+`,
    String.raw`Memory Usage: \d+ MB`,
    'Heartbeat OK: 1/1',
    'Rate Limit Hits: 0',
  ];
  assert.match(once.stdout, new RegExp(`^${screen.join('\n')}\n$`));
  const json = JSON.parse((await run(['status', 'gateway', '--json'])).stdout) as Record<string, unknown>;
  assert.equal(json.heartbeat_total, 1);

  const watched = await run(['status', 'gateway', '--watch'], {
    isTTY: true,
    env: { NO_COLOR: '1' },
    onOutput: (stdout, signal) => {
      if (stdout.split('Rate Limit Hits').length > 2) signal('SIGINT');
    },
  });
  assert.equal(watched.status, 0);
  const [first = '', second = ''] = watched.stdout.split('\u001b[10A\r\u001b[J');
  const body = screen.slice(1).join('\n');
  const drawn = new RegExp(String.raw`^Gateway Status \(refreshing every 2s\)\n${body}\n$`);
  assert.match(first, drawn);
  assert.match(second, drawn);
});
