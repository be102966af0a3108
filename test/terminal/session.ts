/** `openclaw chat` on a terminal, in the home of a gateway. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { PseudoTerminal, type PseudoTerminalOptions } from '../helpers/pseudo-terminal.js';

/** This file runs from `dist/test/terminal`. */
export const PROGRAM = join(import.meta.dirname, '../../cli/main.js');

export const ENTER = '\r';
export const ALT_ENTER = '\u001b\r';
export const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';
export const UP = '\u001b[A';
export const DOWN = '\u001b[B';

/** @param words behind `openclaw chat` */
export const chatIn = (
  t: TestContext,
  homeDir: string,
  words: readonly string[] = [],
  options: Partial<PseudoTerminalOptions> = {},
): PseudoTerminal =>
  new PseudoTerminal(t, [process.execPath, PROGRAM, 'chat', ...words], {
    ...options,
    env: { OPENCLAW_HOME: homeDir, ...options.env },
  });
