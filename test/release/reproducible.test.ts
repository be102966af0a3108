/** The same sources give the same package, whoever builds them and wherever. What takes longer is seen by each release. */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { NO_CLONE, ROOT, run, temporaryFolder } from './clone.js';

const { copyBuilt, differences, exportTree, hashesOf, pack, sha256 } = await import(
  pathToFileURL(join(ROOT, 'scripts/releasing/build.mjs')).href
);
const STEPS = [
  ['node_modules/typescript/bin/tsc', '-b', 'client'],
  ['node_modules/vite/bin/vite.js', 'build', 'web', '--config', 'web/vite.config.mjs', '--logLevel', 'warn'],
  ['scripts/compress-web.mjs', 'dist/web'],
];

test('the page and the client library, built in another folder, are the same, byte for byte', {
  skip: NO_CLONE,
}, async (t) => {
  const there = join(temporaryFolder(t), 'another/depth/openclaw-gateway');
  await exportTree(ROOT, there);
  for (const step of STEPS) {
    const { status, stdout, stderr } = await run(t, there, process.execPath, ...step);
    assert.equal(status, 0, `${stdout}${stderr}`);
  }
  const known = new Map<string, string>(hashesOf(there));
  // What is left here of sources that are gone is in no package, and tests are not either.
  const packed = (hashes: Iterable<[string, string]>) =>
    new Map([...hashes].filter(([path]) => known.has(path) && !path.includes('.test.')));
  const compared = packed(known);
  for (const path of [
    'web/index.html.br',
    'web/index.html.gz',
    'client/node.js',
    'client/node.d.ts',
    'client/node.js.map',
  ]) {
    assert.ok(compared.has(path), path);
  }
  assert.deepEqual(differences(packed(hashesOf(ROOT)), compared), []);
});

test('a package of files with other times, in another folder, is the same, byte for byte', {
  skip: NO_CLONE,
}, async (t) => {
  const folder = temporaryFolder(t);
  const places = ['one/openclaw-gateway', 'two/and/openclaw-gateway'].map((name) => join(folder, name));
  const [one = '', other = ''] = places;
  await exportTree(ROOT, one);
  copyBuilt(ROOT, one);
  cpSync(one, other, { recursive: true, verbatimSymlinks: true });
  utimesSync(join(other, 'dist/cli/main.js'), 0, 1);
  chmodSync(join(other, 'README.md'), 0o664);
  const hashes = [];
  for (const place of places) hashes.push(sha256(readFileSync(await pack(place, `${place}-packed`))));
  assert.equal(hashes[0], hashes[1]);
});
