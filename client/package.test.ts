/** What of the library goes to its users: how large it is, what it needs, and whether the package is put together right. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** This file runs from `dist/client`. */
const ROOT = join(import.meta.dirname, '../..');
const MAX_GZIP_BYTES = 12 * 1024;
const pkg = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The library as a page's bundler takes it, by its name. */
const bundle = (platform: 'browser' | 'node') =>
  build({
    stdin: { contents: "export * from 'openclaw-gateway/client'", resolveDir: ROOT },
    bundle: true,
    minify: true,
    format: 'esm',
    platform,
    external: platform === 'node' ? ['ws'] : [],
    write: false,
    metafile: true,
    logLevel: 'silent',
  });

test('in a browser it is at most 12 KB, minified and gzipped, and needs nothing but itself', async (t) => {
  const { outputFiles, metafile } = await bundle('browser');
  const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
  t.diagnostic(`${bytes} bytes`);
  assert.ok(bytes > 1000 && bytes <= MAX_GZIP_BYTES, `${bytes} bytes`);
  const inputs = Object.keys(metafile.inputs).filter((path) => path !== '<stdin>');
  assert.deepEqual(
    inputs.filter((path) => !/^dist\/(client|schemas)\//.test(path)),
    [],
  );
});

test('in Node it brings ws, and nothing else', async () => {
  const { metafile } = await bundle('node');
  const outside = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );
  assert.deepEqual(outside.sort(), ['node:net', 'node:tls', 'ws']);
});

test('its declarations lead nowhere outside of it', () => {
  const seen = new Set<string>();
  const outside = new Set<string>();
  const look = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, reference] of text.matchAll(/<reference types="([^"]+)"/g)) outside.add(`${reference}`);
    for (const [, path = ''] of text.matchAll(/(?:from|import\() ?['"]([^'"]+)['"]/g)) {
      if (path.startsWith('.')) look(join(dirname(file), path.replace(/\.js$/, '.d.ts')));
      else outside.add(path);
    }
  };
  for (const entry of ['browser', 'node']) look(join(ROOT, `dist/client/${entry}.d.ts`));
  assert.deepEqual([...outside], []);
  assert.ok(seen.size > 5);
});

test('it exports what the page about it names, and nothing of its inside', async () => {
  for (const entry of ['browser', 'node']) {
    assert.deepEqual(Object.keys(await import(`./${entry}.js`)).sort(), [
      'ConnectionClosedError',
      'GatewayError',
      'MessageTooLargeError',
      'TooManyCallsError',
      'connect',
    ]);
  }
});

test('publint finds nothing wrong with the package', async () => {
  const { messages } = await publint({ pkgDir: ROOT, strict: true, pack: false });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
  );
});
