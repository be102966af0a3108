import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { VERSION } from '../schemas/version.js';

/** This file runs from `dist/scripts`. */
const ROOT = join(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

test('the image says the version of the gateway', () => {
  assert.equal(/^ARG VERSION=(.*)$/m.exec(read('Dockerfile'))?.[1], VERSION);
});

test('the files that the Dockerfile runs can be run', { skip: process.platform === 'win32' }, () => {
  for (const name of ['init', 'build-sqlite'])
    assert.equal(statSync(join(ROOT, 'deploy', 'container', name)).mode & 0o111, 0o111, name);
});

test('what a machine has of its own is not sent to a builder', () => {
  const ignored = read('.dockerignore').split('\n');
  for (const name of ['node_modules', 'dist', '.git', '.env*', '**/*.key', '**/.npmrc'])
    assert.ok(ignored.includes(name), name);
});
