/** A small web UI in the layout of a built one, compressed by the build's own step. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from './gateway.js';

/** This file runs from `dist/test/helpers`. */
const COMPRESS = join(import.meta.dirname, '../../../scripts/compress-web.mjs');

/** Says on the page whether its WebSocket opened, and what the policy kept it from. */
const SCRIPT = `const said = document.querySelector('output');
addEventListener('securitypolicyviolation', (event) => { document.title = 'violation: ' + event.violatedDirective; });
const socket = new WebSocket(location.origin.replace(/^http/, 'ws'));
socket.onopen = () => { said.textContent = 'open'; };
socket.onerror = () => { said.textContent = 'error'; };
// ${'openclaw '.repeat(200)}
`;
const STYLE = `output { color: rgb(0, 80, 0); }\n/* ${'openclaw '.repeat(200)} */\n`;
const INDEX = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Fixture</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" crossorigin href="/assets/index-C0ffee12.css">
<script type="module" crossorigin src="/assets/index-Deadbeef.js"></script>
</head>
<body><main><h1>Fixture</h1><output>…</output></main></body>
</html>
`;

export const FIXTURE: Readonly<Record<string, string | Buffer>> = {
  'index.html': INDEX,
  'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
  'assets/index-Deadbeef.js': SCRIPT,
  'assets/index-C0ffee12.css': STYLE,
  'assets/empty-00000000.js': '',
  'assets/font-12345678.woff2': Buffer.from('wOF2'),
  '.hidden': 'hidden',
};

/** @param more files besides, or instead of those of the fixture, by path */
export const webFolder = (t: TestContext, more: Readonly<Record<string, string | Buffer>> = {}): string => {
  const folder = temporaryFolder(t);
  for (const [path, content] of Object.entries({ ...FIXTURE, ...more })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  execFileSync(process.execPath, [COMPRESS, folder]);
  return folder;
};
