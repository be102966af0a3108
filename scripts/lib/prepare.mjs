/**
 * Brings the checkout to where a command needs it: dependencies as the lock file says, `dist/`
 * as the sources say. What is up to date already costs one look at the files, no more.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, ROOT, runQuietly, StepFailed, withLock } from './steps.mjs';

const INSTALL_STAMP = join(ROOT, 'node_modules', '.openclaw-installed');
/** The rivals of the comparison: nothing but `npm run bench:peers` needs their packages. */
const PEERS = join('bench', 'peers');
const PEERS_STAMP = join(ROOT, PEERS, 'node_modules', '.openclaw-installed');
const BUILD_STAMP = join(ROOT, 'dist', '.openclaw-built');
const WEB_STAMP = join(ROOT, 'dist', '.openclaw-web-built');
/** What the page is made of. */
const WEB_SOURCES = /^(?:web|client|schemas)[\\/]/;
const SOURCES = ['schemas', 'metrics', 'server', 'client', 'cli', 'web', 'scripts', 'bench', 'test'];
const GENERATED = join('schemas', 'generated');
/** The built web UI. */
const WEB = join('dist', 'web');

/** @param {string} path @returns {string | null} null: no such file */
const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
};

/** What is installed depends on this: the packages of the lock file, and the ABI that native modules were built for. */
const wantedInstall = (folder = '.') => {
  const lock = JSON.parse(readFileSync(join(ROOT, folder, 'package-lock.json'), 'utf8'));
  // A new version of the gateway itself is nothing to install.
  delete lock.version;
  delete lock.packages[''].version;
  const hash = createHash('sha256').update(JSON.stringify(lock)).digest('hex');
  return `${hash} ${process.platform}-${process.arch} ABI ${process.versions.modules}\n`;
};

/** @returns {string[]} paths of every file that the build reads, from the root, sorted */
export const sourceFiles = () => {
  const isSource = (name) =>
    /\.(tsx?|js|css|html|svg)$/.test(name) || /^(?:tsconfig.*\.json|vite\.config\.mjs)$/.test(name);
  const files = ['package.json'];
  const walk = (folder) => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.name === 'node_modules') continue;
      if (entry.isDirectory()) walk(path);
      else if (isSource(entry.name)) files.push(path);
    }
  };
  for (const name of readdirSync(ROOT)) if (isSource(name)) files.push(name);
  for (const folder of SOURCES) if (existsSync(join(ROOT, folder))) walk(folder);
  return files.sort();
};

/** What `dist/` depends on: path, size and time of change of every source, and the installed compiler. @param {RegExp} [part] */
const wantedBuild = (part = /^/) => {
  const hash = createHash('sha256').update(wantedInstall());
  for (const path of sourceFiles().filter((each) => part.test(each))) {
    const { size, mtimeMs } = statSync(join(ROOT, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\0`);
  }
  return `${hash.digest('hex')}\n`;
};

/** @param {string} path of a source @returns {string} of what is compiled of it; `dist/web` is the page as browsers get it */
export const compiledPath = (path) =>
  join('dist', path.replace(/^web(?=[\\/])/, 'web-src').replace(/\.tsx?$/, '.js'));

/** @returns {string[]} the compiled test of every test source: a test whose source is gone is not among them */
export const testFiles = () =>
  sourceFiles()
    .filter((path) => path.endsWith('.test.ts'))
    .map(compiledPath);

const install = async () => {
  // npm would empty the folder that it leads to, which is another clone's.
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new StepFailed('node_modules is a link to packages of another lock file: remove it and try again.');
  }
  const what = 'Installing dependencies (a first time can take two minutes: it may compile SQLite)';
  await runQuietly(what, 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
  writeFileSync(INSTALL_STAMP, wantedInstall());
};

const compile = (what, flags) =>
  runQuietly(what, process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), ...flags]);

/** What is committed as JavaScript is not compiled but copied. */
const copyGenerated = () => {
  mkdirSync(join(ROOT, 'dist', GENERATED), { recursive: true });
  for (const name of readdirSync(join(ROOT, GENERATED))) {
    if (name.endsWith('.js')) copyFileSync(join(ROOT, GENERATED, name), join(ROOT, 'dist', GENERATED, name));
  }
};

/**
 * Without tests and without most of what it generates, so that it can put right what does not compile. The table of
 * methods, of which it makes the metrics' labels, is the one that was generated before.
 */
const compileGenerator = async () => {
  await compile('Compiling the generator', ['-p', join('scripts', 'tsconfig.generate.json')]);
  copyGenerated();
};

const build = async () => {
  rmSync(BUILD_STAMP, { force: true });
  await compileGenerator();
  await runQuietly('Generating from the schemas', process.execPath, [join('dist', 'scripts', 'generate.js')]);
  // Before the compiler reads them: a source that changes from here on is newer than this stamp.
  const stamp = wantedBuild();
  await compile('Compiling', ['-b']);
  copyGenerated();
  if (!isWebBuilt()) await buildWeb();
  writeFileSync(BUILD_STAMP, stamp);
};

/** Into `dist/web`: what the gateway serves. Needs what `build` generates. */
const buildWeb = async () => {
  rmSync(WEB_STAMP, { force: true });
  const stamp = wantedBuild(WEB_SOURCES);
  const vite = join('node_modules', 'vite', 'bin', 'vite.js');
  const flags = ['build', 'web', '--config', join('web', 'vite.config.mjs'), '--logLevel', 'warn'];
  await runQuietly('Building the page', process.execPath, [vite, ...flags]);
  await runQuietly('Compressing the page', process.execPath, [join('scripts', 'compress-web.mjs'), WEB]);
  writeFileSync(WEB_STAMP, stamp);
};

const isInstalled = () => read(INSTALL_STAMP) === wantedInstall();
const hasPage = () => existsSync(join(ROOT, WEB, 'index.html'));
const isWebBuilt = () => hasPage() && read(WEB_STAMP) === wantedBuild(WEB_SOURCES);
const isBuilt = () => hasPage() && read(BUILD_STAMP) === wantedBuild();

/**
 * @param {'installed' | 'generator' | 'built'} goal how far to go
 * @throws {import('./steps.mjs').StepFailed} with what the failed step printed
 */
export const prepare = async (goal) => {
  if (goal === 'built' && isInstalled() && isBuilt()) return;
  const startedMs = performance.now();
  await withLock(join(ROOT, 'dist', '.openclaw-lock'), async () => {
    // Whoever held the lock may have done it.
    if (!isInstalled()) await install();
    if (goal === 'generator') await compileGenerator();
    if (goal === 'built' && !isBuilt()) {
      await build();
      describe(`Built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s.`);
    }
  });
};

/**
 * The packages of the rivals, as their own lock file says. Their install scripts stay off: those would compile what
 * comes compiled, and copy a program that is run from where it is.
 *
 * @throws {import('./steps.mjs').StepFailed} with what the failed step printed
 */
export const preparePeers = async () => {
  const isCurrent = () => read(PEERS_STAMP) === wantedInstall(PEERS);
  if (isCurrent()) return;
  await withLock(join(ROOT, 'dist', '.openclaw-lock'), async () => {
    if (isCurrent()) return;
    const flags = ['--prefix', PEERS, '--ignore-scripts', '--no-audit', '--no-fund'];
    await runQuietly('Installing the rivals (about 110 MB)', 'npm', ['ci', ...flags]);
    writeFileSync(PEERS_STAMP, wantedInstall(PEERS));
  });
};
