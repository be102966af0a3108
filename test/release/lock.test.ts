/** The lock files are sound, and the lint finds what would make them unsound. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT, temporaryFolder } from './clone.js';

interface Entry {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
}
interface Lock {
  version: string;
  packages: Record<string, Entry>;
}
interface Package {
  dependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
}

const { lockComplaints } = await import(pathToFileURL(join(ROOT, 'scripts/lib/lock-rules.mjs')).href);

for (const folder of ['.', 'bench/peers']) {
  test(`the lock file of ${folder} is sound`, () => assert.deepEqual(lockComplaints(join(ROOT, folder)), []));
}

const WS = 'node_modules/ws';
const entry = (lock: Lock, path: string): Entry => {
  const found = lock.packages[path];
  assert.ok(found);
  return found;
};

/** What is done to a sound pair of files, and what must be said of that. */
const BROKEN: readonly [string, (lock: Lock, pkg: Package) => void, RegExp][] = [
  [
    'a package without a hash',
    (lock) => delete entry(lock, WS).integrity,
    /^node_modules\/ws has no sha512 integrity$/,
  ],
  [
    'a weaker hash',
    (lock) => (entry(lock, WS).integrity = 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='),
    /ws has no sha512 integrity$/,
  ],
  [
    'a weaker hash beside the strong one',
    (lock) => (entry(lock, WS).integrity += ' sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='),
    /ws has no sha512 integrity$/,
  ],
  [
    'an address',
    (lock) => (entry(lock, WS).resolved = 'https://registry.npmjs.org/ws/-/ws-8.21.1.tgz'),
    /where it was fetched from/,
  ],
  ['a folder', (lock) => (entry(lock, WS).link = true), /is a link to a folder/],
  [
    'a range in package.json',
    (_, pkg) => (pkg.dependencies.ws = '^8.21.1'),
    /have ws at "\^8\.21\.1": pin it/,
  ],
  [
    'a package from git',
    (_, pkg) => (pkg.dependencies.ws = 'github:websockets/ws#8.21.1'),
    /have ws at "github:.*pin it/,
  ],
  [
    'another version than package.json',
    (lock) => (entry(lock, WS).version = '8.21.0'),
    /does not have ws at 8\.21\.1/,
  ],
  [
    'another version of the gateway',
    (lock) => (lock.version = '0.0.1'),
    /has another version than package\.json/,
  ],
  [
    'what a package needs from git',
    (lock) =>
      (entry(lock, 'node_modules/pino').dependencies = { sonic: 'git+https://example.org/sonic.git' }),
    /pino wants sonic from git\+https/,
  ],
  [
    'an install script',
    (lock) => (entry(lock, WS).hasInstallScript = true),
    /^ws has an install script: decide/,
  ],
  [
    'a decision about nothing',
    (_, pkg) => (pkg.allowScripts.ws = false),
    /allowScripts names ws, which has no install script/,
  ],
  [
    'another platform',
    (lock) => delete lock.packages['node_modules/sqlite-vec-darwin-arm64'],
    /^node_modules\/sqlite-vec needs sqlite-vec-darwin-arm64 on other platforms/,
  ],
  [
    'a missing package',
    (lock) => delete lock.packages['node_modules/sonic-boom'],
    /pino needs sonic-boom, which is missing$/,
  ],
];

for (const [what, breakIt, complaint] of BROKEN) {
  test(`the lint finds ${what}`, (t) => {
    const folder = temporaryFolder(t);
    const [pkgFile, lockFile] = ['package.json', 'package-lock.json'].map((name) => {
      cpSync(join(ROOT, name), join(folder, name));
      return join(folder, name);
    }) as [string, string];
    const pkg = JSON.parse(readFileSync(pkgFile, 'utf8'));
    const lock = JSON.parse(readFileSync(lockFile, 'utf8'));
    breakIt(lock, pkg);
    writeFileSync(pkgFile, JSON.stringify(pkg));
    writeFileSync(lockFile, JSON.stringify(lock));
    const complaints: string[] = lockComplaints(folder);
    assert.ok(
      complaints.some((each) => complaint.test(each)),
      complaints.join('\n'),
    );
  });
}
