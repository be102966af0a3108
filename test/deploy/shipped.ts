/** The files of `deploy/` as tests read them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** This file runs from `dist/test/deploy`. */
export const ROOT = join(import.meta.dirname, '../../..');

/** The text of a file of `deploy/`, and every pair of it that a test replaces. Throws where there is nothing to replace. */
export const shipped = (path: string, replaced: Readonly<Record<string, string>> = {}): string => {
  let text = readFileSync(join(ROOT, 'deploy', path), 'utf8');
  for (const [from, to] of Object.entries(replaced)) {
    if (!text.includes(from)) throw new Error(`${path} has no ${from} that could be replaced`);
    text = text.replaceAll(from, to);
  }
  return text;
};

/** False where all of these programs are there, otherwise a test's `skip`. @param packageName Debian's */
export const missing = (packageName: string, ...programs: readonly string[]): string | false =>
  programs.every((program) => spawnSync(program, ['--version']).error === undefined)
    ? false
    : `${programs.join(', ')} is not on this machine: install Debian’s package ${packageName} to have this checked`;
