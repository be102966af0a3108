/** The examples of docs/client.md are programs, and print what the page says. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { engine } from '../helpers/engine.js';
import { atEnd, type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';

/** This file runs from `dist/test/e2e`. */
const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/client.md'), 'utf8');
const URL_OF_THE_PAGE = 'ws://127.0.0.1:18789';

interface Example {
  /** The heading above it. */
  readonly about: string;
  readonly code: string;
  /** What stands behind it as `text`. */
  readonly prints: string;
}

const BLOCK = /^```(\w*)\n([\s\S]*?)^```$/gm;

const examples = (): Example[] => {
  const found: Example[] = [];
  const blocks = [...PAGE.matchAll(BLOCK)];
  for (const [at, { index, 1: language, 2: code = '' }] of blocks.entries()) {
    if (language !== 'js') continue;
    const about =
      PAGE.slice(0, index)
        .match(/^## .*$/gm)
        ?.at(-1) ?? '';
    const [, behind, prints = ''] = blocks[at + 1] ?? [];
    assert.equal(behind, 'text', `the example below “${about}” says what it prints`);
    found.push({ about, code, prints });
  }
  return found;
};

/** Runs it as a program of this package's folder, where the library has its name. */
const run = async (t: TestContext, under: GatewayUnderTest, code: string, flags: readonly string[]) => {
  const folder = mkdtempSync(join(ROOT, 'dist', '.example-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'example.mjs');
  assert.ok(code.includes(URL_OF_THE_PAGE));
  writeFileSync(file, code.replaceAll(URL_OF_THE_PAGE, under.url));
  const child = spawn(process.execPath, [...flags, file], {
    env: { PATH: process.env.PATH, OPENCLAW_TOKEN: under.token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(t, () => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await closed;
  return { status, stdout, stderr };
};

test('there are examples, and nothing on the page is code that is not run', () => {
  const languages = [...PAGE.matchAll(/^```(\w+)$/gm)].map(([, language]) => language);
  assert.deepEqual([...new Set(languages)].sort(), ['js', 'sh', 'text']);
  assert.ok(examples().length >= 5);
});

for (const { about, code, prints } of examples()) {
  test(`the example below “${about.slice(3)}” prints what the page says`, async (t) => {
    const under = await startTestGateway(t, { config: engine(2) });
    const inPage = about === '## In a web page';
    // As a page's bundler does, with the WebSocket that is built in.
    const flags = inPage ? ['--conditions=browser', '--experimental-websocket', '--no-warnings'] : [];
    const { status, stdout, stderr } = await run(t, under, code, flags);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: prints, stderr: '' });
  });
}
