#!/usr/bin/env node
/** The `openclaw` command. The only file that ends the process. */
import { isatty } from 'node:tty';
import { runCommandLine } from './program.js';

// Whoever read our output has read enough: `openclaw channel history | head` is no failure. A gateway goes on.
let goesOnUnheard = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!goesOnUnheard) process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
}

const startedOnTerminal = process.stdout.isTTY;
const status = await runCommandLine(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  onSignal: (signals, listener) => {
    for (const signal of signals) process.on(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
  exitNow: (code) => process.exit(code),
  goOnUnheard: () => {
    goesOnUnheard = true;
  },
  terminalIsGone: () => startedOnTerminal && !isatty(1),
});
process.exit(status);
