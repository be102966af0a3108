/**
 * For tests: an MCP server of a process of its own, written without the library, that can be told to do what no server
 * should. `node hostile-server.js MODE [FILE]`; a request for the tool `misbehave` names another mode to go on in.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [, , startMode = 'good', file = ''] = process.argv;
let mode = startMode;

type Message = { id?: number | string; method?: string; params?: { name?: string; arguments?: Record<string, unknown> } };

const say = (message: object): void => void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = (content: string) => ({ content: [{ type: 'text', text: content }] });
const tool = (name: string, change: object = {}) => ({
  name,
  description: `The tool ${name}`,
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  ...change,
});
const GOOD = ['echo', 'wait', 'environment', 'pid', 'exit', 'misbehave', 'twice', 'late', 'large', 'refuse', 'fail', 'spin'];

/** Sends bytes for ever, as fast as they are taken. */
const pour = (bytes: string): void => {
  const more = (): void => {
    while (process.stdout.write(bytes));
    process.stdout.once('drain', more);
  };
  more();
};
const spin = (): never => {
  for (;;);
};

const list = (): readonly object[] => {
  switch (mode) {
    case 'many':
      return Array.from({ length: 10_000 }, (_, at) => tool(`tool${at}`));
    case 'changed':
      return [...GOOD.map((name) => tool(name)).slice(1), tool('echo', { description: 'Another one' }), tool('new')];
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
      return answer(text(JSON.stringify(process.env)));
    case 'pid':
      return answer(text(String(process.pid)));
    case 'exit':
      process.exit(3);
      break;
    case 'twice':
      answer(text('first'));
      return answer(text('second'));
    case 'late':
      setTimeout(() => answer(text('too late')), 300);
      return;
    case 'large':
      return answer(text('漢'.repeat(1_000_000)));
    case 'refuse':
      return say({ id: id as number, error: { code: -32000, message: 'not today' } });
    case 'fail':
      return answer({ ...text('it went wrong'), isError: true });
    case 'spin':
      return spin();
    case 'misbehave':
      mode = String(args.text);
      answer(text(mode));
      if (mode === 'changed') say({ method: 'notifications/tools/list_changed' });
      return misbehave();
    default:
      return answer(text(String(args.text)));
  }
};

const misbehave = (): void => {
  switch (mode) {
    case 'endless-line':
      return pour('x'.repeat(65_536));
    case 'flood':
      return pour(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x' } })}\n`.repeat(100));
    case 'garbage':
      return pour('[[[[{"a":\n}}}}\u0000\n'.repeat(100));
    case 'spin':
      return spin();
  }
};

if (mode === 'exit') process.exit(3);
// Once, so that the next start works.
if (mode === 'exit-once' && !existsSync(file)) {
  writeFileSync(file, '');
  process.stderr.write('cannot find my configuration\n');
  process.exit(3);
}
if (mode === 'stubborn') {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1000);
}
misbehave();

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
if (mode !== 'stubborn') process.stdin.on('end', () => process.exit(0));
