/** What is installed is what was looked at: one version of each package, known by its hash, and no script of it that was not allowed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** This file runs from `dist/test/security`. */
const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

const EXACT = /^(?:npm:[a-z0-9@/._-]+@)?\d+\.\d+\.\d+$/;

const manifestOf = (folder: string) => JSON.parse(read(join(folder, 'package.json'))) as Manifest;
const lockedIn = (folder: string) => {
  const { packages } = JSON.parse(read(join(folder, 'package-lock.json'))) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  return Object.entries(packages).filter(([path]) => path !== '');
};
const wanted = ({ dependencies, devDependencies }: Manifest) =>
  Object.entries({ ...dependencies, ...devDependencies });

for (const folder of ['.', 'bench/peers']) {
  test(`every package of ${folder} has one version, and is known by its hash`, () => {
    for (const [name, version] of wanted(manifestOf(folder))) assert.match(version, EXACT, name);
    const locked = lockedIn(folder);
    assert.ok(locked.length > 10);
    for (const [path, { integrity, optional, dev }] of locked) {
      // A tool's binary for another platform, that was added by hand: nothing that a gateway loads.
      if (integrity === undefined && optional === true && dev === true) continue;
      assert.match(integrity ?? '', /^sha512-/, path);
    }
  });
}

test('no package runs a script at its install that was not decided upon', () => {
  const { allowScripts = {} } = manifestOf('.');
  const withScript = lockedIn('.')
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  assert.deepEqual(
    withScript.filter((name) => !Object.hasOwn(allowScripts, name)),
    [],
  );
  const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name]);
  assert.deepEqual(allowed, ['better-sqlite3']);
});

test('every package says in docs/dependencies.md why it is there', () => {
  const page = read('docs/dependencies.md');
  for (const [name] of wanted(manifestOf('.'))) {
    const short = name.replace(/^@modelcontextprotocol\//, '');
    assert.ok(page.includes(`\`${name}\``) || page.includes(`\`${short}\``), name);
  }
});
