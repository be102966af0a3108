/**
 * Behind every `npm` command of this repository: installs what is missing, builds what is out
 * of date, then does what was asked for. Needs nothing but Node.js, so that it runs on a bare clone.
 *
 *   node scripts/run.mjs start [gateway options]   the gateway, in this process
 *   node scripts/run.mjs test [part of a path …]   the tests, all or those whose path has the part
 *   node scripts/run.mjs bench [part of a name …]  the micro-benchmarks, each in a fresh process
 *   node scripts/run.mjs load [options]            load from many connections; --help lists the scenarios
 *   node scripts/run.mjs build | generate [--check] | lint
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { prepare, testFiles } from './lib/prepare.mjs';
import { StepFailed } from './lib/steps.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');

/** @param {string} command @param {readonly string[]} args @returns {Promise<number>} its exit status */
const run = (command, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });

/** @param {readonly string[]} parts of paths; none: every test */
const test = async (parts) => {
  const files = testFiles().filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
  if (files.length === 0) throw new StepFailed(`No test has ${parts.join(' or ')} in its path.`);
  const workers = Math.max(2, availableParallelism() - 1);
  const flags = ['--enable-source-maps', '--test-reporter=spec', '--test-timeout=180000'];
  return run(process.execPath, ['--test', ...flags, `--test-concurrency=${workers}`, ...files]);
};

/** @param {readonly string[]} parts of names; none: every benchmark */
const bench = async (parts) => {
  const names = ['rpc', 'streams', 'limits'].filter(
    (name) => parts.length === 0 || parts.some((part) => name.includes(part)),
  );
  if (names.length === 0) throw new StepFailed(`No benchmark has ${parts.join(' or ')} in its name.`);
  for (const name of names) {
    const status = await run(process.execPath, [join(ROOT, 'dist', 'bench', 'micro', `${name}.js`)]);
    if (status !== 0) return status;
  }
  return 0;
};

const lint = async () => {
  const bin = (name) => join(ROOT, 'node_modules', '.bin', name);
  const steps = [
    [bin('biome'), ['ci', '--error-on-warnings', '.']],
    [process.execPath, ['scripts/lint-imports.mjs']],
    [bin('knip'), []],
  ];
  let failed = 0;
  for (const [command, args] of steps) if ((await run(command, args)) !== 0) failed = 1;
  return failed;
};

/** Imports the program here, so that signals and its exit status are its own. */
const start = async (args) => {
  process.argv = [process.execPath, MAIN, 'gateway', ...args];
  await import(pathToFileURL(MAIN).href);
};

const main = async () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new StepFailed(
      `Node.js ${process.versions.node} is too old: install Node.js 20.19 or newer and try again.`,
    );
  }
  const [command, ...args] = process.argv.slice(2);
  switch (command) {
    case 'start':
      await prepare('built');
      return start(args);
    case 'test':
      await prepare('built');
      process.exitCode = await test(args);
      return;
    case 'bench':
      await prepare('built');
      process.exitCode = await bench(args);
      return;
    case 'load':
      await prepare('built');
      process.exitCode = await run(process.execPath, [
        join(ROOT, 'dist', 'bench', 'load', 'main.js'),
        ...args,
      ]);
      return;
    case 'build':
      return prepare('built');
    case 'generate':
      await prepare('generator');
      process.exitCode = await run(process.execPath, ['dist/scripts/generate.js', ...args]);
      return;
    case 'lint':
      // The import lint reads what was compiled, too.
      await prepare('built');
      process.exitCode = await lint();
      return;
    default: {
      const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
      throw new StepFailed(
        `Unknown command ${command}: use one of npm run ${Object.keys(scripts).join(', ')}.`,
      );
    }
  }
};

main().catch((error) => {
  console.error(error instanceof StepFailed ? error.message : error);
  process.exitCode = 1;
});
