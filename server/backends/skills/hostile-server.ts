/**
 * For tests: an MCP server of a process of its own, written without the library, that can be told to do what no server
 * should. `node hostile-server.js MODE [FILE]`; a request for the tool `misbehave` names another mode to go on in.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [, , startMode = 'good', file = ''] = process.argv;
let mode = startMode;

type Message = {
  id?: number | string;
  method?: string;
  params?: { name?: string; arguments?: Record<string, unknown> };
};

const say = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = (content: string) => ({ content: [{ type: 'text', text: content }] });
const tool = (name: string, change: object = {}) => ({
  name,
  description: `The tool ${name}`,
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  ...change,
});
const GOOD = [
  'echo',
  'deep',
  'wait',
  'environment',
  'pid',
  'exit',
  'misbehave',
  'twice',
  'late',
  'large',
  'refuse',
  'fail',
  'spin',
];

/** Sends bytes for ever, as fast as they are taken. */
const pour = (bytes: string): void => {
  const more = (): void => {
    while (process.stdout.write(bytes));
    process.stdout.once('drain', more);
  };
  more();
};
const parent = process.ppid;
/** For ever, but not behind a gateway that a test has killed: nobody would end it any more. */
const spin = (): void => {
  while (process.ppid === parent);
};

const list = (): readonly object[] => {
  switch (mode) {
    case 'many':
      return Array.from({ length: 10_000 }, (_, at) => tool(`tool${at}`));
    case 'changed':
      return [
        ...GOOD.map((name) => tool(name)).slice(1),
        tool('echo', { description: 'Another one' }),
        tool('new'),
      ];
    case 'evil-schemas': {
      let deep: object = {};
      for (let level = 0; level < 1000; level += 1) deep = { properties: { a: deep } };
      return [
        tool('regex', { inputSchema: { properties: { text: { type: 'string', pattern: '^(a+)+$' } } } }),
        tool('deep', { inputSchema: deep }),
        tool('remote', { inputSchema: { $ref: 'http://127.0.0.1:1/schema.json' } }),
        tool('proto', { inputSchema: JSON.parse('{"__proto__": {"polluted": true}, "type": "object"}') }),
        tool('echo'),
      ];
    }
    default:
      return GOOD.map((name) => tool(name));
  }
};

const call = (id: Message['id'], name: string | undefined, args: Record<string, unknown>): void => {
  const answer = (result: object): void => say({ id: id as number, result });
  switch (name) {
    case 'wait':
      // Until it is cancelled, or the process ends.
      return;
    case 'environment':
      answer(text(JSON.stringify(process.env)));
      return;
    case 'pid':
      answer(text(String(process.pid)));
      return;
    case 'exit':
      leave();
      return;
    case 'deep':
      process.stdout.write(
        `{"jsonrpc":"2.0","id":${id},"result":{"content":[],"structuredContent":{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}}}\n`,
      );
      return;
    case 'twice':
      answer(text('first'));
      answer(text('second'));
      return;
    case 'late':
      setTimeout(() => answer(text('too late')), 300);
      return;
    case 'large':
      answer(text('漢'.repeat(1_000_000)));
      return;
    case 'refuse':
      say({ id: id as number, error: { code: -32000, message: 'not today' } });
      return;
    case 'fail':
      answer({ ...text('it went wrong'), isError: true });
      return;
    case 'spin':
      spin();
      return;
    case 'misbehave':
      mode = String(args.text);
      answer(text(mode));
      if (mode === 'changed') say({ method: 'notifications/tools/list_changed' });
      misbehave();
      return;
    default:
      answer(text(String(args.text)));
      return;
  }
};

const misbehave = (): void => {
  switch (mode) {
    case 'endless-line':
      pour('x'.repeat(65_536));
      return;
    case 'flood':
      pour(
        `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x' } })}\n`.repeat(
          100,
        ),
      );
      return;
    case 'garbage':
      pour('[[[[{"a":\n}}}}\u0000\n'.repeat(100));
      return;
    case 'spin':
      spin();
      return;
  }
};

/** Ends as one that failed: nothing keeps it any more. */
const leave = (): void => {
  process.exitCode = 3;
  process.stdin.destroy();
};

const isFirstStart = (): boolean => {
  if (existsSync(file)) return false;
  writeFileSync(file, '');
  process.stderr.write('cannot find my configuration\n');
  return true;
};

if (mode === 'exit' || (mode === 'exit-once' && isFirstStart())) leave();
else misbehave();
if (mode === 'stubborn') {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1000);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  if (mode === 'deaf') return;
  const { id, method, params } = JSON.parse(line) as Message;
  switch (method) {
    case 'initialize':
      say({
        id: id as number,
        result: {
          protocolVersion: '2025-06-18',
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name: 'hostile', version: '1' },
        },
      });
      break;
    case 'tools/list':
      if (mode === 'endless-pages') say({ id: id as number, result: { tools: [], nextCursor: 'more' } });
      else say({ id: id as number, result: { tools: list() } });
      break;
    case 'tools/call':
      call(id, params?.name, params?.arguments ?? {});
      break;
    case 'ping':
      say({ id: id as number, result: {} });
      break;
  }
});
