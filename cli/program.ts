/** The command line as a whole: which commands there are, and how one ends. */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../schemas/version.js';
import { CliError, type Io } from './io.js';
import type { Terminal } from './terminal.js';

/** @param whole makes the program with every command */
type Register = (program: Command, io: Terminal, whole: () => Promise<Command>) => void;

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Register>;
}

/** Each command's file is loaded when it is called: `--help` needs none of them, `gateway` no client. */
const COMMANDS: readonly Entry[] = [
  {
    name: 'gateway',
    summary: 'Run the gateway',
    load: async () => (await import('./gateway.js')).registerGateway,
  },
  {
    name: 'status',
    summary: 'Show how the gateway does',
    load: async () => (await import('./status.js')).registerStatus,
  },
  {
    name: 'health',
    summary: 'Ask whether the gateway can be given work: exit status 0 or 1',
    load: async () => (await import('./health.js')).registerHealth,
  },
  {
    name: 'chat',
    summary: 'Talk to the agent: one message, piped input, or a conversation',
    load: async () => (await import('./chat.js')).registerChat,
  },
  {
    name: 'channel',
    summary: 'List, create and change channels',
    load: async () => (await import('./channel.js')).registerChannel,
  },
  {
    name: 'notify',
    summary: 'Tell a principal’s clients something, now or at a time',
    load: async () => (await import('./notify.js')).registerNotify,
  },
  {
    name: 'memory',
    summary: 'Look after what is remembered: count, check, back up, restore, export, import',
    load: async () => (await import('./memory.js')).registerMemory,
  },
  {
    name: 'skills',
    summary: 'List, approve and call what a model may ask for',
    load: async () => (await import('./skills.js')).registerSkills,
  },
  {
    name: 'token',
    summary: 'Create, list and revoke tokens',
    load: async () => (await import('./token.js')).registerToken,
  },
  {
    name: 'doctor',
    summary: 'Check whether everything is as it should be, and say what to do',
    load: async () => (await import('./doctor.js')).registerDoctor,
  },
  {
    name: 'config',
    summary: 'Read, check and change the configuration file',
    load: async () => (await import('./config.js')).registerConfig,
  },
  {
    name: 'completion',
    summary: 'Print a script with which a shell completes commands and options',
    load: async () => (await import('./completion.js')).registerCompletion,
  },
];

/**
 * Runs one command line.
 *
 * @param args without the program's name.
 * @returns the exit status: 0, 1 (it failed), 2 (it was called wrongly). What went wrong is on `io.stderr`.
 */
export const runCommandLine = async (args: readonly string[], io: Terminal): Promise<number> => {
  try {
    const program = createProgram(io);
    // Only to learn which command is meant: it finds the first word that is no value of an option.
    const [first, second] = createProgram(io).parseOptions([...args]).operands;
    const wanted = first === 'help' ? second : first;
    for (const { name, summary, load } of COMMANDS) {
      if (name === wanted) (await load())(program, io, () => wholeProgram(io));
      else program.command(name).description(summary);
    }
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed what it had to say; 0 is for help and version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CliError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return error.exitStatus;
  }
};

/** The program with every command, which takes a moment to load. */
export const wholeProgram = async (io: Terminal): Promise<Command> => {
  const program = createProgram(io);
  const whole = (): Promise<Command> => wholeProgram(io);
  for (const { load } of COMMANDS) (await load())(program, io, whole);
  return program;
};

const createProgram = ({ stdout, stderr, env }: Io): Command =>
  new Command('openclaw')
    .description('OpenClaw: a WebSocket gateway for AI agents, and the commands to use it')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .option(
      '--config <file>',
      'use this configuration file; else that of OPENCLAW_CONFIG, else config.toml in the home directory',
      env.OPENCLAW_CONFIG || undefined,
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(asSentence(text)),
    })
    .showSuggestionAfterError()
    .exitOverride();

/** `error: unknown option '--prot'\n(Did you mean --port?)` as the sentence that other errors are. */
const asSentence = (text: string): string => {
  const [problem = '', ...hints] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n');
  const hint = hints.length === 0 ? '' : ` ${hints.join(' ')}`;
  return `${problem.charAt(0).toUpperCase()}${problem.slice(1).replace(/\.$/, '')}${hint}: add --help to see how.\n`;
};
