/** How a release is prepared, in a real repository. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSION } from '../../schemas/version.js';
import { Clone, NO_CLONE } from './clone.js';

/** One above what is released or about to be. */
const NEXT = VERSION.replace(/\d+$/, (patch) => `${Number(patch) + 1}`);

test('bump writes the version everywhere, cuts the changelog, and then a release may be made', {
  skip: NO_CLONE,
}, async (t) => {
  const clone = await Clone.make(t);
  clone.edit('CHANGELOG.md', /^## \[Unreleased\]\n/m, '## [Unreleased]\n\n- The newest change.\n');
  await clone.commit('A change');
  await clone.git('tag', `v${VERSION}`);

  for (const [words, refusal] of [
    [['bump'], 'bump needs one VERSION: patch, minor, major, or 1.2.3.'],
    [['bump', 'tiny'], 'tiny is no version: use patch, minor, major, or one like 1.2.3.'],
    [['bump', VERSION], `${VERSION} is not above ${VERSION}, which is tagged v${VERSION}.`],
    [['bump', 'patch', '--date', '2026-02-30'], '2026-02-30 is no day: --date takes one like 2026-03-20.'],
    [['--quick'], '--quick goes with --dry-run: a release is installed anew.'],
    [['publish'], 'There is no command publish: see scripts/release --help.'],
  ] as const) {
    const { status, stderr } = await clone.release(...words);
    assert.deepEqual({ status, stderr }, { status: 1, stderr: `${refusal}\n` });
  }
  assert.equal(await clone.git('status', '--porcelain'), '');

  const bumped = await clone.release('bump', 'patch', '--date', '2026-03-20');
  assert.deepEqual({ status: bumped.status, stderr: bumped.stderr }, { status: 0, stderr: '' });
  const changed = (await clone.git('diff', '--name-only')).split('\n');
  for (const path of [
    'CHANGELOG.md',
    'docs/by-hand.md',
    'docs/operations.md',
    'docs/protocol.md',
    'package-lock.json',
    'package.json',
  ]) {
    assert.ok(changed.includes(path), `${path} is not among ${changed.join(', ')}`);
  }
  const { '': root } = JSON.parse(clone.read('package-lock.json')).packages;
  assert.equal(root.version, NEXT);
  assert.match(clone.read('schemas/version.ts'), new RegExp(`VERSION = '${NEXT}'`));
  assert.match(clone.read('schemas/generated/openrpc.js'), new RegExp(`"version":"${NEXT}"`));
  assert.match(clone.read('docs/protocol.md'), new RegExp(`"server_version":"${NEXT}"`));
  assert.match(
    clone.read('CHANGELOG.md'),
    new RegExp(`^## \\[Unreleased\\]\\n\\n## \\[${NEXT}\\] - 2026-03-20\\n\\n- The newest change\\.\\n`, 'm'),
  );

  await clone.git('commit', '--quiet', '--all', '--message', `Release ${NEXT}`);
  const { status, stdout, stderr } = await clone.release('--check');
  assert.deepEqual(
    { status, refused: stdout.includes('✗') },
    { status: 0, refused: false },
    `${stdout}${stderr}`,
  );
  assert.match(stdout, new RegExp(`^Version ${NEXT} may be released\\.$`, 'm'));
});
