/** What a browser has to fetch: the page is there soon on a slow line, too. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** This file runs from `dist/web-src`. */
const BUILT = join(import.meta.dirname, '../web');
const ASSETS = join(BUILT, 'assets');
const KIB = 1024;

type Coding = 'br' | 'gz';

const sizeOf = (path: string, coding: Coding): number => {
  const file = join(BUILT, path);
  // What compression makes no smaller goes out as it is.
  return readFileSync(existsSync(`${file}.${coding}`) ? `${file}.${coding}` : file).length;
};

/** A script, and what it cannot do without. */
const withImports = (path: string, found = new Set<string>()): Set<string> => {
  if (found.has(path)) return found;
  found.add(path);
  const code = readFileSync(join(BUILT, path), 'utf8');
  for (const [, name] of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) {
    withImports(`assets/${name}`, found);
  }
  return found;
};

const firstLoad = (): Set<string> => {
  const html = readFileSync(join(BUILT, 'index.html'), 'utf8');
  const asked = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path = '']) => path);
  const scripts = asked.filter((path) => path.endsWith('.js')).flatMap((path) => [...withImports(path)]);
  assert.ok(scripts.length > 0 && asked.some((path) => path.endsWith('.css')), html);
  return new Set(['index.html', ...asked, ...scripts]);
};

const markdown = (): Set<string> => {
  const name = readdirSync(ASSETS).find((each) => /^view-.*\.js$/.test(each));
  return withImports(`assets/${name}`);
};

const LIMITS = [
  { what: 'the first load', files: firstLoad, limits: { br: 32 * KIB, gz: 36 * KIB } },
  {
    what: 'the first load, and what draws Markdown behind it',
    files: () => new Set([...firstLoad(), ...markdown()]),
    limits: { br: 58 * KIB, gz: 62 * KIB },
  },
] as const;

for (const { what, files, limits } of LIMITS) {
  test(`${what} is small`, (t) => {
    for (const coding of ['br', 'gz'] as const) {
      const bytes = [...files()].reduce((sum, path) => sum + sizeOf(path, coding), 0);
      t.diagnostic(`${coding}: ${bytes} bytes`);
      assert.ok(bytes > 10 * KIB && bytes <= limits[coding], `${coding}: ${bytes} bytes`);
    }
  });
}
