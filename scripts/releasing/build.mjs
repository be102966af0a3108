/** A commit built in a folder of its own, and what two such builds must have in common: every byte. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { compiledPath, sourceFiles } from '../lib/prepare.mjs';
import { StepFailed } from '../lib/steps.mjs';
import { productionLock } from './bill.mjs';
import { must } from './processes.mjs';

/** @param {Buffer} bytes @returns {string} in hexadecimal */
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * @param {string} root of the repository @param {string} commit
 * @param {string} folder that does not exist yet: the files of the commit
 */
export const exportCommit = async (root, commit, folder) => {
  mkdirSync(folder, { recursive: true });
  const archive = `${folder}.tar`;
  await must('git', ['archive', '--format=tar', `--output=${archive}`, commit], { cwd: root });
  await must('tar', ['-xf', archive, '-C', folder], { cwd: root });
};

/**
 * @param {string} root of the repository
 * @param {string} folder that does not exist yet: the files as they are now, beside the packages that are installed
 */
export const exportTree = async (root, folder) => {
  const listed = await must('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  for (const path of listed.split('\0').filter((each) => each !== '' && existsSync(join(root, each)))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { verbatimSymlinks: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
};

/**
 * Copies what is built in the repository beside what was exported of it, without what is left there of sources that are gone.
 *
 * @param {string} root of the repository @param {string} folder
 */
export const copyBuilt = (root, folder) => {
  const sources = new Set(sourceFiles().map((path) => compiledPath(path).replace(/(?:\.d)?\.[a-z]+$/, '')));
  const isCurrent = (path) =>
    /^dist[\\/]web[\\/]/.test(path) || sources.has(path.replace(/(?:\.d)?\.[a-z]+(?:\.map)?$/, ''));
  for (const each of hashesOf(root).keys()) {
    const path = join('dist', each);
    if (!isCurrent(path)) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path));
  }
};

/**
 * Builds what was exported, and installs first what it needs.
 *
 * @param {string} folder @param {Readonly<Record<string, string>>} env variables besides those of this process
 */
export const build = async (folder, env) => {
  // Nothing that a build runs is compiled at its installation, so nobody's install script runs beside what will be released.
  const quiet = { ...env, npm_config_ignore_scripts: 'true', npm_config_prefer_offline: 'true' };
  await must(process.execPath, [join('scripts', 'run.mjs'), 'build'], { cwd: folder, env: quiet });
};

/** @param {string} folder that was built @returns {Map<string, string>} the SHA-256 of each file of `dist/`, by path */
export const hashesOf = (folder) => {
  const dist = join(folder, 'dist');
  const files = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dist, join(entry.parentPath, entry.name)))
    // What the build remembers for itself: times and places.
    .filter((path) => !path.startsWith('.'));
  return new Map(
    files.sort().map((path) => [path.split(sep).join('/'), sha256(readFileSync(join(dist, path)))]),
  );
};

/** @param {Map<string, string>} one @param {Map<string, string>} other @returns {string[]} the paths that are not the same in both */
export const differences = (one, other) =>
  [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path)).sort();

/**
 * Packs what was built, with the lock of what it runs on.
 *
 * @param {string} folder that was built @param {string} target folder for the tarball
 * @returns {Promise<string>} the tarball's path
 */
export const pack = async (folder, target) => {
  mkdirSync(target, { recursive: true });
  writeFileSync(join(folder, 'npm-shrinkwrap.json'), `${JSON.stringify(productionLock(folder), null, 2)}\n`);
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', target];
  const [packed, ...more] = Object.values(JSON.parse(await must('npm', args, { cwd: folder })));
  if (packed === undefined || more.length > 0)
    throw new StepFailed('npm pack made another number of packages than one.');
  return join(target, packed.filename);
};
