/**
 * Behind every `npm` command of this repository: installs what is missing, builds what is out
 * of date, then does what was asked for. Needs nothing but Node.js, so that it runs on a bare clone.
 *
 *   node scripts/run.mjs start [gateway options]   the gateway, in this process
 *   node scripts/run.mjs test [part of a path …]   the tests, all or those whose path has the part
 *   node scripts/run.mjs bench [part of a name …]  the micro-benchmarks, each in a fresh process; --json FILE
 *   node scripts/run.mjs peers [options]           the gateway beside its rivals; --help lists them
 *   node scripts/run.mjs load [options]            load from many connections; --help lists the scenarios
 *   node scripts/run.mjs picture [folder]          the dashboards' pictures anew, by default in docs/images
 *   node scripts/run.mjs screenshots               pictures of the web UI for the documentation, in a real browser
 *   node scripts/run.mjs install | build | generate [--check] | lint
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { prepare, preparePeers, testFiles } from './lib/prepare.mjs';
import { StepFailed } from './lib/steps.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');

/**
 * @param {string} command @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [env] variables besides those of this process
 * @returns {Promise<number>} its exit status
 */
const run = (command, args, env = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });

const THREAD_FAULTS = ['blocked-loop', 'client', 'close-codes', 'half-open'].map((name) => `faults/${name}`);

/**
 * Tests of a whole gateway that run once more with two socket threads: all that come in through its port, but for
 * what takes long and shows nothing that the rest does not (crowds, restarts, the store).
 */
const THREAD_TESTS = ['e2e/', 'conformance/rfc6455', 'conformance/opening', 'fuzz/', ...THREAD_FAULTS];
/** They look at commands, files, tables or the store, whatever serves the sockets; or at threads anyway. */
const NO_THREAD_TESTS = [
  'alerts',
  'certificates',
  'client-docs',
  'compaction',
  'config',
  'error-codes',
  'gate',
  'health',
  'health-command',
  'history',
  'idempotency',
  'memory-admin',
  'memory-commands',
  'notify',
  'persistence',
  'semantic',
  'specification',
  'tokens',
  'troubleshooting',
  'workers',
];

/** @param {string} file */
const concernsThreads = (file) =>
  THREAD_TESTS.some((part) => file.includes(`test/${part}`)) &&
  !NO_THREAD_TESTS.some((name) => file.endsWith(`/${name}.test.js`));

/** @param {readonly string[]} parts of paths; none: every test */
const test = async (parts) => {
  const files = testFiles().filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
  if (files.length === 0) throw new StepFailed(`No test has ${parts.join(' or ')} in its path.`);
  const atOnce = Math.max(2, availableParallelism() - 1);
  /** @param {readonly string[]} some @param {string} workers of the gateways */
  const runWith = (some, workers) => {
    const flags = ['--enable-source-maps', '--test-reporter=spec', '--test-timeout=180000'];
    const args = ['--test', ...flags, `--test-concurrency=${atOnce}`, ...some];
    return run(process.execPath, args, { OPENCLAW_TEST_WORKERS: workers });
  };
  const chosen = process.env.OPENCLAW_TEST_WORKERS;
  if (chosen !== undefined) return runWith(files, chosen);
  const status = await runWith(files, '1');
  const again = platform() === 'linux' ? files.filter(concernsThreads) : [];
  if (status !== 0 || again.length === 0) return status;
  console.log('\nOnce more, with two socket threads in every gateway (gateway.workers = 2):');
  return runWith(again, '2');
};

/** @returns {string[]} a benchmark is a file that is run: what several of them share stands in `lib/` */
const benchmarks = () =>
  readdirSync(join(ROOT, 'bench', 'micro'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();

/** @param {readonly string[]} args parts of names, none: every benchmark; `--json FILE` */
const bench = async (args) => {
  const at = args.indexOf('--json');
  const file = at === -1 ? null : args[at + 1];
  if (file === undefined) throw new StepFailed('--json needs the name of a file.');
  const parts = at === -1 ? args : args.toSpliced(at, 2);
  const names = benchmarks().filter(
    (name) => parts.length === 0 || parts.some((part) => name.includes(part)),
  );
  if (names.length === 0) {
    throw new StepFailed(`No benchmark has ${parts.join(' or ')} in its name: ${benchmarks().join(', ')}.`);
  }
  const jsonFile = file === null ? null : resolve(ROOT, file);
  // Each benchmark adds to it.
  if (jsonFile !== null) rmSync(jsonFile, { force: true });
  const flags = jsonFile === null ? [] : ['--json', jsonFile];
  for (const name of names) {
    const program = join(ROOT, 'dist', 'bench', 'micro', `${name}.js`);
    const status = await run(process.execPath, [program, ...flags]);
    if (status !== 0) return status;
  }
  return 0;
};

/** @param {readonly string[]} args `--check`, or none to write */
const generate = (args) => run(process.execPath, ['dist/scripts/generate.js', ...args]);

const lint = async () => {
  const bin = (name) => join(ROOT, 'node_modules', '.bin', name);
  const steps = [
    [bin('biome'), ['ci', '--error-on-warnings', '.']],
    [process.execPath, ['scripts/lint-imports.mjs']],
    [process.execPath, ['scripts/lint-package.mjs']],
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
    case 'peers':
      await prepare('built');
      if (!args.includes('--help')) await preparePeers();
      process.exitCode = await run(process.execPath, [
        join(ROOT, 'dist', 'bench', 'peers', 'main.js'),
        ...args,
      ]);
      if (process.exitCode === 0 && args.includes('--write-docs')) process.exitCode = await generate([]);
      return;
    case 'picture':
      await prepare('built');
      process.exitCode = await run(
        process.execPath,
        ['--test', '--test-reporter=spec', join(ROOT, 'dist', 'test', 'dashboards', 'dashboards.test.js')],
        { OPENCLAW_DASHBOARD_PICTURES: resolve(args[0] ?? join(ROOT, 'docs', 'images')) },
      );
      return;
    case 'screenshots':
      await prepare('built');
      process.exitCode = await run(process.execPath, [
        '--test',
        '--test-reporter=spec',
        join(ROOT, 'dist', 'test', 'browser', 'screenshots.js'),
      ]);
      return;
    case 'install':
      return prepare('installed');
    case 'build':
      return prepare('built');
    case 'generate':
      await prepare('generator');
      process.exitCode = await generate(args);
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
