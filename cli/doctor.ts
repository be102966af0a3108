/** `openclaw doctor`: looks whether everything is as it should be, and says what to do where it is not. */
import type { Command } from 'commander';
import { resolveHome } from '../server/config/home.js';
import { CliError } from './io.js';
import { withProgress } from './progress.js';
import { printableLine, styleFor, type Terminal } from './terminal.js';

interface DoctorOptions {
  readonly json?: boolean;
  /** The program's. */
  readonly config?: string;
}

/** Adds the command to `program`. */
export const registerDoctor = (program: Command, io: Terminal): void => {
  program
    .command('doctor')
    .description('Check configuration, files, ports, certificate, tokens, store, providers and limits')
    .option('--json', 'print as JSON')
    .action((_options, command: Command) => diagnose(command.optsWithGlobals<DoctorOptions>(), io));
};

const diagnose = async ({ json = false, config }: DoctorOptions, io: Terminal): Promise<void> => {
  const { examine } = await import('../server/doctor.js');
  const options = { home: resolveHome(io.env), env: io.env, file: config, nowMs: Date.now() };
  const findings = await withProgress(io, 'Looking', async (show) => {
    const found = [];
    for await (const finding of examine(options)) {
      found.push(finding);
      show(`Looking, ${finding.check} done`);
    }
    return found;
  });
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  if (json) io.stdout.write(`${JSON.stringify({ ok: errors === 0, errors, warnings, findings }, null, 2)}\n`);
  else {
    const { bold, dim } = styleFor(io);
    const width = Math.max(...findings.map(({ check }) => check.length));
    for (const { check, level, message, advice } of findings) {
      const mark = level === 'ok' ? dim('ok'.padEnd(7)) : bold(level.padEnd(7));
      const text = `${mark}  ${check.padEnd(width)}  ${printableLine(message)}`;
      io.stdout.write(advice === null ? `${text}\n` : `${text} → ${printableLine(advice)}\n`);
    }
  }
  if (errors > 0) {
    const what = errors === 1 ? 'One thing is' : `${errors} things are`;
    throw new CliError(`${what} wrong: each line with error says what to do.`);
  }
};
