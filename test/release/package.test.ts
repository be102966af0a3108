/** The package as it would be released now: what is in it, and what is said of that. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { VERSION } from '../../schemas/version.js';
import { NO_CLONE, ROOT, run, temporaryFolder } from './clone.js';

const { contentComplaints } = await import(pathToFileURL(join(ROOT, 'scripts/releasing/contents.mjs')).href);
const NAME = `openclaw-gateway-${VERSION}`;

/** What is written to the package's files, at the end of those that are there, and what must be said of that. */
const PLANTED: readonly [path: string, text: string, complaint: RegExp][] = [
  ['dist/server/gateway.js.map', '{}', /^dist\/server\/gateway\.js\.map is not meant to be there\.$/],
  ['dist/server/gateway.test.js', 'export {};', /gateway\.test\.js is not meant/],
  ['dist/scripts/generate.js', 'export {};', /generate\.js is not meant/],
  ['docs/.env', 'KEY=1', /\.env is not meant/],
  ['dist/server/unused.js', 'console.log(1);', /^dist\/server\/unused\.js is loaded by nothing/],
  ['dist/client/errors.js', "\nimport 'typebox';\n", /^typebox is loaded and is no dependency\.$/],
  [
    'docs/key.md',
    '-----BEGIN PRIVATE KEY-----\nMC4CAQAw',
    /^docs\/key\.md holds what looks like a secret\.$/,
  ],
  ['docs/token.md', `oc_local_${'a1'.repeat(20)}`, /^docs\/token\.md holds what looks like a secret\.$/],
  [
    'docs/path.md',
    'see /builds/here/server',
    /^docs\/path\.md names the folder \/builds\/here of this machine\.$/,
  ],
  ['docs/large.md', ' '.repeat(6 * 1024 * 1024), /^It unpacks to \d+ bytes/],
];

test('the package holds what it should, and a bill of materials says of what it is made', {
  skip: NO_CLONE,
}, async (t) => {
  const folder = temporaryFolder(t);
  const out = join(folder, 'out');
  const program = join(ROOT, 'scripts/release');
  const { stdout, stderr } = await run(t, ROOT, program, '--dry-run', '--quick', '--out', out);
  const said = `${stdout}${stderr}`;
  // Work that is not committed, or on a branch, is refused; all that follows is done.
  for (const line of [
    /^✓ The package has what it should have and nothing else \([12]\.\d MiB\)$/m,
    /^✓ The SBOM is CycloneDX 1\.5 and lists \d{3} packages$/m,
    /^(?:A release would be refused: \d checks? do(?:es)? not pass\.|A release would now tag [0-9a-f]{7} as v.*)$/m,
  ]) {
    assert.match(said, line);
  }
  assert.deepEqual(readdirSync(out).sort(), ['NOTES.md', 'SHA256SUMS', `${NAME}.cdx.json`, `${NAME}.tgz`]);
  const tarball = readFileSync(join(out, `${NAME}.tgz`));
  const bill = readFileSync(join(out, `${NAME}.cdx.json`), 'utf8');
  const hash = (algorithm: string, bytes: Buffer | string) =>
    createHash(algorithm).update(bytes).digest('hex');
  assert.equal(
    readFileSync(join(out, 'SHA256SUMS'), 'utf8'),
    `${hash('sha256', tarball)}  ${NAME}.tgz\n${hash('sha256', bill)}  ${NAME}.cdx.json\n`,
  );

  await t.test('its bill of materials names it, what it runs on and what is in its page', () => {
    const { components, metadata } = JSON.parse(bill);
    assert.deepEqual(metadata.component.hashes, [{ alg: 'SHA-512', content: hash('sha512', tarball) }]);
    const listed: string[] = components.map((each: { purl: string }) => each.purl.replace(/@[^@]*$/, ''));
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const name of [...Object.keys(dependencies), 'preact', 'sqlite-vec-darwin-arm64', 'express']) {
      const registered = name === 'uWebSockets.js' ? 'uwebsockets' : name.replace('@', '%40');
      assert.ok(listed.includes(`pkg:npm/${registered}`), name);
    }
    for (const name of Object.keys(devDependencies).filter((each) => /typescript|vite|chromium/.test(each))) {
      assert.ok(!listed.some((each) => each.endsWith(name)), name);
    }
  });

  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked);
  const { status } = await run(
    t,
    folder,
    'tar',
    '-xzf',
    join(out, `${NAME}.tgz`),
    '-C',
    unpacked,
    '--strip-components=1',
  );
  assert.equal(status, 0);

  await t.test('the lock in it names production’s packages and no others', () => {
    const { packages } = JSON.parse(readFileSync(join(unpacked, 'npm-shrinkwrap.json'), 'utf8'));
    const { packages: all } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const wanted = Object.keys(all).filter((path) => !all[path].dev);
    assert.deepEqual(Object.keys(packages), wanted);
    assert.equal(packages[''].devDependencies, undefined);
    for (const path of wanted.slice(1)) assert.deepEqual(packages[path], all[path]);
  });

  await t.test('what does not belong there would be found', async () => {
    assert.deepEqual(await contentComplaints(unpacked, ['/builds/here']), []);
    const broken = join(folder, 'broken');
    cpSync(unpacked, broken, { recursive: true });
    for (const [path, content] of PLANTED) {
      mkdirSync(dirname(join(broken, path)), { recursive: true });
      writeFileSync(join(broken, path), content, { flag: 'a' });
    }
    const complaints: string[] = await contentComplaints(broken, ['/builds/here']);
    for (const [path, , complaint] of PLANTED) {
      assert.ok(
        complaints.some((each) => complaint.test(each)),
        `${path}\n${complaints.join('\n')}`,
      );
    }
  });
});
