/** For tests: runs the load suite as its user does, and reads what it wrote. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Result } from './result.js';

export interface Measured {
  readonly status: number | null;
  readonly text: string;
  readonly said: string;
  readonly result: Result;
  /** The figure of that name; fails the test where there is none. */
  readonly value: (name: string) => number;
  /** What is in a file that an option named. */
  readonly written: (name: string) => string;
}

export interface MeasureOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Looks at what is said on standard error so far, and may send a signal. */
  readonly onSaid?: (said: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** @param flags without `--`; `%` at the start of a value is a temporary folder */
export const measure = async (
  t: TestContext,
  scenario: string,
  flags: Readonly<Record<string, string | number>>,
  { env, onSaid }: MeasureOptions = {},
): Promise<Measured> => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-test-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const args = Object.entries({ scenario, processes: 2, json: '%result.json', ...flags }).map(
    ([flag, value]) => `--${flag}=${String(value).replace(/^%/, `${dir}/`)}`,
  );
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.js'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
    onSaid?.(said, (signal) => child.kill(signal));
  });
  const [status] = (await once(child, 'close')) as [number | null];
  const written = (name: string): string => readFileSync(join(dir, name), 'utf8');
  let result: Result;
  try {
    result = JSON.parse(written('result.json')) as Result;
  } catch {
    assert.fail(`no result (status ${status}): ${said}`);
  }
  const value = (name: string): number => {
    const found = result.figures.find((figure) => figure.name === name);
    assert.ok(found !== undefined && text.includes(name), `${name} in\n${text}`);
    return found.value;
  };
  return { status, text, said, result, value, written };
};

/** Nothing that is wrong happened, and every connection stayed. */
export const assertSound = ({ status, result, value, said }: Measured): void => {
  assert.equal(status, 0, said);
  assert.deepEqual(result.troubles, {});
  assert.equal(value('connections lost'), 0);
  assert.equal(value('refusals and wrong answers'), 0);
};
