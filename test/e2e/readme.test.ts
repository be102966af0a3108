/** What the README shows is what happens, and what the page for those who write frames by hand does: its console, its frames, its configuration, its program, its commands and its figures. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openHome } from '../../cli/recorded-terminal.js';
import { resolveHome } from '../../server/config/home.js';
import { loadConfig } from '../../server/config/load.js';
import { atEnd, startTestGateway, temporaryFolder } from '../helpers/gateway.js';

/** This file runs from `dist/test/e2e`. */
const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'README.md'), 'utf8');
const BY_HAND = readFileSync(join(ROOT, 'docs/by-hand.md'), 'utf8');
/** How long is waited for a line that should be there at once. */
const PATIENCE_MS = 20_000;
const PEERS = JSON.parse(readFileSync(join(ROOT, 'bench/results/peers.json'), 'utf8'));

/** The blocks of one language below a heading. */
const blocks = (heading: string, language: string): readonly string[] => {
  const [, behind = ''] = PAGE.split(`\n## ${heading}\n`);
  const [section = ''] = behind.split('\n## ');
  const found = blocksOf(section, language);
  assert.ok(found.length > 0, `“${heading}” has a block of ${language}`);
  return found;
};

const blocksOf = (text: string, language: string): readonly string[] =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, kind, block = '']) =>
    kind === language ? [block] : [],
  );

const ID = /\b(sess|msg|ch)-[0-9a-f]{16,}\b/g;

/** Reads lines of the page as patterns: `…` is anything, an id is one that is learned where it first comes. */
class Transcript {
  readonly #ids = new Map<string, string>();

  /** A line to be sent, with the ids of this run. */
  spoken(line: string): string {
    return line.replace(ID, (id) => this.#ids.get(id) ?? id);
  }

  /** Whether `actual` is what the page shows; then its ids are known from here on. */
  matches(line: string, actual: string): boolean {
    const unknown: string[] = [];
    const pattern = line
      .split(ID_OR_TIME)
      .map((part, at) => {
        if (at % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*');
        if (!/^(?:sess|msg|ch)-/.test(part)) return '[^",]+';
        const known = this.#ids.get(part);
        if (known !== undefined) return known;
        unknown.push(part);
        return `(${part.slice(0, part.indexOf('-'))}-[0-9a-f]{16,})`;
      })
      .join('');
    const found = new RegExp(`^${pattern}$`).exec(actual);
    if (found === null) return false;
    for (const [at, id] of unknown.entries()) this.#ids.set(id, found[at + 1] ?? '');
    return true;
  }
}
/** What differs from run to run: ids, times and how long something took. */
const ID_OR_TIME = /(\b(?:sess|msg|ch)-[0-9a-f]{16,}\b|(?<="created_at":")[^"]+|(?<="duration_ms":)\d+)/;

test('the frames that are written by hand are those of the gateway', async (t) => {
  const under = await startTestGateway(t, { debug: true });
  const client = await under.connect();
  const texts: string[] = [];
  client.socket.on('message', (data) => texts.push(String(data)));
  const transcript = new Transcript();
  const frames = blocksOf(BY_HAND, 'text').join('');
  let shown = 0;
  for (const line of frames.split('\n')) {
    if (line.startsWith('→ ')) client.send(transcript.spoken(line.slice(2)));
    else if (line.trim() !== '' && line.trim() !== '…') {
      // In their order; what is left out on the page comes between.
      for (;;) {
        while (texts.length === 0)
          await once(client.socket, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) });
        const text = texts.shift() ?? '';
        if (transcript.matches(line.trim(), text)) break;
      }
      shown += 1;
    }
  }
  assert.ok(shown >= 8);
});

/** Runs a line of a console in the clone, as the user of that gateway. */
const type = (line: string, homeDir: string): Promise<string> =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH, OPENCLAW_HOME: homeDir };
    execFile('sh', ['-c', line], { cwd: ROOT, env, timeout: PATIENCE_MS }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });

const playConsole = async (block: string, homeDir: string): Promise<void> => {
  const transcript = new Transcript();
  for (const step of block.split(/^\$ /m).slice(1)) {
    const [command = '', ...printed] = step.trimEnd().split('\n');
    const actual = await type(transcript.spoken(command), homeDir);
    const expected = printed.join('\n').trimEnd();
    assert.ok(transcript.matches(expected, actual.trimEnd()), `${command}\n${actual}`);
  }
};

test('the consoles of the README print what it says', async (t) => {
  const under = await startTestGateway(t);
  for (const block of [...blocks('Say something', 'console'), ...blocks('Configuration', 'console')]) {
    await playConsole(block, under.home.dir);
  }
});

test('the configuration of the README is one', (t) => {
  const home = resolveHome({ OPENCLAW_HOME: temporaryFolder(t) });
  for (const block of blocks('With a model', 'toml')) {
    writeFileSync(home.configFile, block);
    const { config } = loadConfig({ home, env: {}, flags: {} });
    assert.equal(config.reasoning.provider, 'openai-compatible');
  }
});

test('the program of the README runs', async (t: TestContext) => {
  const under = await startTestGateway(t);
  const [program = ''] = blocks('From a program', 'js');
  const folder = mkdtempSync(join(ROOT, 'dist', '.example-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'example.mjs');
  assert.ok(program.includes('ws://127.0.0.1:18789'));
  writeFileSync(file, program.replace('ws://127.0.0.1:18789', under.url));
  const env = { PATH: process.env.PATH, OPENCLAW_TOKEN: under.token };
  const printed = await new Promise((resolve) => {
    execFile(process.execPath, [file], { env, timeout: PATIENCE_MS }, (error, stdout) =>
      resolve(error?.message ?? stdout),
    );
  });
  assert.match(String(printed), /You said: Hello$/);
});

test('every command of the README is one, with the options that it names', async (t) => {
  const { run } = openHome(t);
  const rows = [...PAGE.matchAll(/^\| `(openclaw [^\n]*?)` \| /gm)].map(([, row = '']) => row);
  assert.ok(rows.length >= 10);
  for (const row of rows) {
    // `openclaw memory stats\|backup FILE, notify list`: the words before anything in capitals or brackets.
    for (const [at, part] of row.replaceAll('\\|', '|').replaceAll('`', '').split(', ').entries()) {
      const words = (at === 0 ? part.slice('openclaw '.length) : part).split(' ');
      const named = words.slice(0, words.findIndex((word) => !/^[a-z|]+$/.test(word)) >>> 0);
      const last = (named.at(-1) ?? '').split('|');
      for (const name of last) {
        const { status, stdout } = await run([...named.slice(0, -1), name, '--help']);
        assert.equal(status, 0, `${row}: ${name}`);
        const options = part.match(/--[a-z]+/g) ?? [];
        for (const option of options) assert.ok(stdout.includes(option), `${row}: ${option}`);
      }
    }
  }
});

test('the figures beside the alternatives are those that were measured', () => {
  const names: Readonly<Record<string, string>> = {
    'this gateway': 'gateway',
    '`Bun.serve`': 'bun-work',
    'uWebSockets.js': 'uws',
    '`ws`': 'ws-work',
    'rpc-websockets': 'rpc-websockets',
    'Socket.IO': 'socket.io',
  };
  const [, section = ''] = PAGE.split('\n## Beside the alternatives\n');
  const rows = (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => /^\| [^-|]/.test(line))
    .slice(0);
  let compared = 0;
  for (const row of rows) {
    const [what = '', ...figures] = row.slice(2, -2).split(' | ');
    const name = Object.entries(names).find(([beginning]) => what.startsWith(beginning))?.[1];
    if (name === undefined) continue;
    const measured = PEERS.loads.map(
      ({ servers }: { servers: { name: string; ratio: { median: number } }[] }) =>
        servers.find((server) => server.name === name)?.ratio.median.toFixed(2),
    );
    assert.deepEqual(figures, measured, what);
    compared += 1;
  }
  assert.equal(compared, Object.keys(names).length);
});
