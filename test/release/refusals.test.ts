/** What stops a release, in a real repository. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { VERSION } from '../../schemas/version.js';
import { Clone, NO_CLONE, ROOT } from './clone.js';

const load = (path: string) => import(pathToFileURL(join(ROOT, 'scripts/releasing', path)).href);
const CHANGELOG = (sections: string) => `# Changelog\n\n## [Unreleased]\n${sections}`;

test('a release is refused for every reason at once, and nothing is built', { skip: NO_CLONE }, async (t) => {
  const clone = await Clone.make(t);
  await clone.git('tag', `v${VERSION}`);
  await clone.git('checkout', '--quiet', '-b', 'topic');
  clone.write('CHANGELOG.md', CHANGELOG(`\n- Waits.\n\n## [${VERSION}] - 2026-02-01\n\n- Was.\n`));
  clone.edit('docs/by-hand.md', `"server_version":"${VERSION}"`, '"server_version":"0.0.1"');
  clone.edit('docs/providers.md', /$/, `\nSince ${VERSION}.\n`);
  clone.edit('docs/configuration.md', /$/, '\nNot generated.\n');
  clone.edit(
    'bench/peers/package-lock.json',
    /"integrity": "sha512-[^"]+"/,
    '"resolved": "https://example.org/x.tgz"',
  );
  await clone.commit('Breaks it all');
  clone.write('new.txt', 'new');

  const { status, stdout, stderr } = await clone.release('--check');
  assert.equal(status, 1);
  assert.equal(stderr, 'Nothing was built or tagged.\n');
  for (const reason of [
    '✗ Not committed: new.txt. Commit or remove that first.',
    '✗ On branch topic: releases are made of main.',
    `✗ CHANGELOG.md has changes under “Unreleased”: move them below ${VERSION}, or release a later one.`,
    `✗ Tag v${VERSION} exists: raise the version with scripts/release bump.`,
    ' has no sha512 integrity.',
    ' names where it was fetched from: leave "resolved" out, as everywhere.',
    `docs/by-hand.md says version 0.0.1, and package.json ${VERSION}.`,
    `docs/providers.md says version ${VERSION}, and is not in the list of scripts/releasing/versions.mjs.`,
    '✗ Not what schemas/, metrics/ or bench/results say: docs/configuration.md. Run "npm run generate".',
  ]) {
    assert.ok(stdout.includes(reason), `${reason}\nis missing in\n${stdout}`);
  }
  assert.equal(await clone.git('tag', '--list'), `v${VERSION}`);

  const bumped = await clone.release('bump', 'patch');
  assert.equal(bumped.status, 1);
  assert.equal(bumped.stderr, 'Not committed: new.txt. Commit or remove that first.\n');
});

test('the notes of a release are its section of the changelog, or a sentence says what is wrong with that', async () => {
  const { releaseNotes, cutRelease } = await load('changelog.mjs');
  const notes = (sections: string) => releaseNotes(CHANGELOG(sections), '1.2.3');
  assert.deepEqual(
    notes('\n## [1.2.3] - 2026-03-20\n\n### Added\n\n- It.\n\n## [1.2.2] - 2026-03-01\n\n- Old.\n'),
    {
      notes: '### Added\n\n- It.',
      date: '2026-03-20',
    },
  );
  for (const [sections, problem] of [
    ['\n- Waits.\n\n## [1.2.3] - 2026-03-20\n\n- It.\n', /changes under “Unreleased”/],
    ['\n## [1.2.3] - 2026-02-30\n\n- It.\n', /which is no day/],
    ['\n## [1.2.3] - 2026-03-20\n\n## [1.2.2] - 2026-03-01\n', /says nothing about 1\.2\.3/],
    ['\n## [1.2.30] - 2026-03-20\n\n- It.\n', /no section “## \[1\.2\.3\] - YYYY-MM-DD”/],
    ['\n## 1.2.3\n\n- It.\n', /no section “## \[1\.2\.3\]/],
  ] as const) {
    assert.match(notes(sections).problem, problem);
  }
  assert.match(releaseNotes('# Changelog\n', '1.2.3').problem, /no section “## \[Unreleased\]”/);
  assert.match(
    cutRelease(CHANGELOG('\n## [1.2.2] - 2026-03-01\n'), '1.2.3', '2026-03-20').problem,
    /nothing to release/,
  );
});

test('versions are compared as Semantic Versioning says', async () => {
  const { compareVersions } = await load('checks.mjs');
  const sorted = ['0.9.4', '0.9.10', '0.10.0-rc.1', '0.10.0-rc.2', '0.10.0', '1.0.0'];
  assert.deepEqual(sorted.toReversed().sort(compareVersions), sorted);
});

test('help names every option', () => {
  const main = readFileSync(join(ROOT, 'scripts/releasing/main.mjs'), 'utf8');
  const [, help = ''] = /const HELP = `([^`]*)`/.exec(main) ?? [];
  const options = [...main.matchAll(/^ {8}'?([a-z-]+)'?: \{ type: /gm)].map(([, name]) => `--${name}`);
  assert.ok(options.length > 5);
  for (const option of options) assert.ok(help.includes(option), option);
});
