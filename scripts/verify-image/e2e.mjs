/** The end-to-end tests in the image's userland: the same Debian and Node.js, with the packages that tests need. */
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, must, run, say } from './steps.mjs';

const SQLITE = join('node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');
/** What tests start besides Node.js. */
const PROGRAMS = ['openssl', 'procps'];
const TIMEOUT_MS = 900_000;

const SET_UP = `set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
ip link set lo up
exec chroot "$1" env -i -C /src HOME=/root PATH="$2" OPENCLAW_TEST_WORKERS=1 node scripts/run.mjs test test/e2e/
`;

/**
 * @param {string} root of the stage `build`, which has the sources, what was compiled of them, and all packages but SQLite's binary
 * @param {string} modules root of the stage `modules`, which has that
 * @param {string} path PATH of the image
 * @param {string} logFile
 */
export const checkEndToEnd = async (root, modules, path, logFile) => {
  const binary = join(root, 'src', SQLITE);
  if (!existsSync(binary)) {
    mkdirSync(join(binary, '..'), { recursive: true });
    cpSync(join(modules, 'app', SQLITE), binary);
  }
  say('Installing what the tests start …');
  const apt =
    'export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && apt-get install -qq -y --no-install-recommends';
  cpSync('/etc/resolv.conf', join(root, 'etc', 'resolv.conf'), { dereference: true });
  await run('chroot', [root, 'sh', '-c', `${apt} ${PROGRAMS.join(' ')}`], { logFile });

  say('Running the end-to-end tests on its Node.js …');
  const spaces = ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child=KILL'];
  const { status, stdout, stderr } = await attempt(
    'unshare',
    [...spaces, 'sh', '-c', SET_UP, 'sh', root, path],
    {
      logFile,
      timeoutMs: TIMEOUT_MS,
    },
  );
  const count = (what) => Number(new RegExp(`^ℹ ${what} (\\d+)$`, 'm').exec(stdout)?.[1] ?? Number.NaN);
  const failed =
    stdout.split('✖ failing tests:')[1] ?? `${stdout}\n${stderr}`.split('\n').slice(-25).join('\n');
  must(status === 0, `${failed}\nThe end-to-end tests failed on the image’s Node.js (${status}).`);
  must(count('pass') > 100, `Only ${count('pass')} tests have run.`);
  say(`${count('pass')} end-to-end tests pass, ${count('skipped')} are skipped`);
};
