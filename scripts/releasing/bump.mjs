/** Prepares a release: the version wherever it stands, the changelog's section, and what is generated of both. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, StepFailed } from '../lib/steps.mjs';
import { cutRelease, isDay } from './changelog.mjs';
import { compareVersions, dirt, taggedVersions, tagOf } from './checks.mjs';
import { git, must } from './processes.mjs';
import { currentVersion, versionComplaints, writeVersion } from './versions.mjs';

const KINDS = ['major', 'minor', 'patch'];

/** @param {string} current @param {string} wanted `patch`, `minor`, `major` or a version @returns {string} */
const nextVersion = (current, wanted) => {
  if (/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(wanted)) return wanted;
  const at = KINDS.indexOf(wanted);
  if (at === -1) throw new StepFailed(`${wanted} is no version: use patch, minor, major, or one like 1.2.3.`);
  const numbers = current.replace(/-.*$/, '').split('.').map(Number);
  return numbers.map((number, place) => (place < at ? number : place === at ? number + 1 : 0)).join('.');
};

/**
 * @param {string} wanted `patch`, `minor`, `major` or a version @param {string} [day] YYYY-MM-DD
 * @throws {StepFailed} with a sentence, before anything is changed
 */
export const bump = async (wanted, day = new Date().toISOString().slice(0, 10)) => {
  const current = currentVersion(ROOT);
  const version = nextVersion(current, wanted);
  const refusal = await dirt(ROOT);
  if (refusal !== null) throw new StepFailed(refusal);
  if (!isDay(day)) throw new StepFailed(`${day} is no day: --date takes one like 2026-03-20.`);
  const last = (await taggedVersions(ROOT)).at(-1);
  if (last !== undefined && compareVersions(version, last) <= 0) {
    throw new StepFailed(`${version} is not above ${last}, which is tagged ${tagOf(last)}.`);
  }
  if (compareVersions(version, current) < 0)
    throw new StepFailed(`${version} is below ${current}, which stands here now.`);
  const [complaint] = versionComplaints(ROOT);
  if (complaint !== undefined) throw new StepFailed(complaint);
  const changelog = join(ROOT, 'CHANGELOG.md');
  const cut = cutRelease(readFileSync(changelog, 'utf8'), version, day);
  if (cut.problem !== undefined) throw new StepFailed(cut.problem);

  writeVersion(ROOT, version);
  writeFileSync(changelog, cut.text);
  await must(process.execPath, [join('scripts', 'run.mjs'), 'generate'], { cwd: ROOT });
  const changed = (await git(ROOT, 'diff', '--name-only')).split('\n');
  console.log(
    [
      `${current === version ? 'This is' : `From ${current} to`} version ${version}, of ${day}. Changed:`,
      ...changed.map((path) => `  ${path}`),
      'Read CHANGELOG.md once more, commit this, and run scripts/release:',
      `  git commit --all --message "[doc] Release ${version}"`,
    ].join('\n'),
  );
};
