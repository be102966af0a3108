/** What stands between a commit and its release: each check passes or says in a sentence what to do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseNotes } from './changelog.mjs';
import { git, run } from './processes.mjs';
import { currentVersion } from './versions.mjs';

/** Releases are made of this branch alone. */
export const RELEASE_BRANCH = 'main';

/** @param {string} version @returns {string} */
export const tagOf = (version) => `v${version}`;

/**
 * By Semantic Versioning, section 11, but for the parts of a pre-release: of two, the text decides.
 *
 * @param {string} one @param {string} other @returns {number} below 0: `one` is older
 */
export const compareVersions = (one, other) => {
  const parts = (version) => {
    const [, numbers, preRelease = ''] = /^([\d.]+)(?:-(.*))?$/.exec(version) ?? [];
    return { numbers: (numbers ?? '').split('.').map(Number), preRelease };
  };
  const [a, b] = [parts(one), parts(other)];
  for (const [at, number] of a.numbers.entries()) {
    if (number !== b.numbers[at]) return number - (b.numbers[at] ?? 0);
  }
  if (a.preRelease === b.preRelease) return 0;
  if (a.preRelease === '' || b.preRelease === '') return a.preRelease === '' ? 1 : -1;
  return a.preRelease < b.preRelease ? -1 : 1;
};

/** @param {string} root @returns {Promise<string[]>} the versions that have a tag, oldest first */
export const taggedVersions = async (root) => {
  const tags = (await git(root, 'tag', '--list', 'v*')).split('\n');
  return tags
    .map((tag) => tag.slice(1))
    .filter((version) => /^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .sort(compareVersions);
};

/** @param {string} root @returns {Promise<string | null>} what is not committed, or null */
export const dirt = async (root) => {
  const changed = (await git(root, 'status', '--porcelain', '--untracked-files=all'))
    .split('\n')
    .filter(Boolean);
  if (changed.length === 0) return null;
  const some = changed.slice(0, 5).map((line) => line.slice(3));
  return `Not committed: ${some.join(', ')}${changed.length > some.length ? ' …' : ''}. Commit or remove that first.`;
};

/** The checks in the order in which they are told: what holds, and a look that finds why it does not. */
const CHECKS = [
  { holds: 'Everything is committed', look: dirt },
  {
    holds: `On branch ${RELEASE_BRANCH}`,
    look: async (root) => {
      const branch = await git(root, 'branch', '--show-current');
      if (branch === RELEASE_BRANCH) return null;
      return `On ${branch === '' ? 'no branch' : `branch ${branch}`}: releases are made of ${RELEASE_BRANCH}.`;
    },
  },
  {
    holds: 'The changelog tells of this version, and nothing waits under “Unreleased”',
    look: async (root, version) => {
      const found = releaseNotes(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
      return found.problem ?? null;
    },
  },
  {
    holds: 'The version is new',
    look: async (root, version) => {
      const tagged = await taggedVersions(root);
      if (tagged.includes(version))
        return `Tag ${tagOf(version)} exists: raise the version with scripts/release bump.`;
      const last = tagged.at(-1);
      if (last === undefined || compareVersions(last, version) < 0) return null;
      return `Version ${version} is older than ${last}, which is released: raise it with scripts/release bump.`;
    },
  },
  {
    holds: 'The lock files are sound, and the version is the same everywhere',
    look: (root) => complaintOf(root, 'scripts/lint-package.mjs'),
  },
  {
    holds: 'What is generated is up to date',
    // The first compiles the generator: not where tests run beside it, of what was built a moment ago.
    look: (root, _version, isBuilt) =>
      complaintOf(
        root,
        ...(isBuilt ? ['dist/scripts/generate.js'] : ['scripts/run.mjs', 'generate']),
        '--check',
      ),
  },
];

/** @param {string} root @param {...string} args of Node.js @returns {Promise<string | null>} what a failing program printed */
const complaintOf = async (root, ...args) => {
  const { status, stderr } = await run(process.execPath, args, { cwd: root });
  // What it does meanwhile, a line each, is no reason.
  return status === 0 ? null : stderr.replace(/^.* …\n/gm, '').trim();
};

/**
 * @param {string} root @param {boolean} isBuilt what is in `dist/` is of these sources
 * @param {(what: string, problem: string | null) => void} tell is called as each check is done
 * @returns {Promise<number>} how many did not pass
 */
export const checkAll = async (root, isBuilt, tell) => {
  const version = currentVersion(root);
  let failed = 0;
  for (const { holds, look } of CHECKS) {
    const problem = await look(root, version, isBuilt);
    if (problem !== null) failed += 1;
    tell(holds, problem);
  }
  return failed;
};
