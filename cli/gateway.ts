/** `openclaw gateway`: runs the gateway until it is told to stop, has it read its configuration again, and lists its methods. */
import { homedir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { VERSION } from '../schemas/version.js';
import { reloadSentence } from '../server/config/reload.js';
import type { Gateway } from '../server/gateway.js';
import { CliError } from './io.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import { formatTable, printableLine, styleFor, type Terminal } from './terminal.js';
import type { TraceOptions } from './trace.js';
import { type TraceEvent, traceLine } from './trace-line.js';

/**
 * So much bytecode of functions it calls V8 compiles into one function, instead of 920 bytes: the way of a message is
 * many small functions, and calling them took a twentieth of the processor time of `system.ping`
 * (docs/benchmarks.md, “Where the time goes”).
 */
const MAX_INLINED_BYTECODE_BYTES = 2000;

interface GatewayOptions {
  readonly debug?: boolean;
  readonly port?: string;
  readonly host?: string;
  /** The program's. */
  readonly config?: string;
}

/** Adds the command to `program`. */
export const registerGateway = (program: Command, io: Terminal): void => {
  const gateway = program
    .command('gateway')
    .description('Run the gateway')
    .option(
      '--debug',
      'print a line for each frame; on a loopback address, also accept the token oc_local_debug',
    )
    .option('--port <n>', 'port for clients (gateway.port); 0: any free one')
    .option('--host <address>', 'address to listen on (gateway.host)')
    .action((_options: GatewayOptions, command: Command) => run(command.optsWithGlobals(), io));
  gateway
    .command('methods')
    .description('List every method of the protocol; needs no running gateway')
    .option('--json', 'print as JSON')
    .action(({ json }: { json?: boolean }) => listMethods(json, io));
  addTargetOptions(gateway.command('trace'))
    .description(
      'Show every frame that the gateway receives, routes and sends, and what a reply does inside; Ctrl+C ends it',
    )
    .option('--verbose', 'with bodies, cut at 512 bytes, tokens and keys masked')
    .option('--method <name>', 'only this method; chat.* is whatever begins with chat.')
    .option('--channel <id>', 'only what belongs to this channel')
    .option('--client <id>', 'only connections of this client id')
    .option('--errors', 'only what tells of an error')
    .option('--json', 'print one JSON object a line')
    .action(async (_options, command: Command) => {
      const { trace } = await import('./trace.js');
      await trace(command.optsWithGlobals<TraceOptions>(), io);
    });
  addTargetOptions(gateway.command('reload'))
    .description('Have the running gateway read its configuration, keys and certificate again')
    .option('--json', 'print as JSON')
    .action((_options, command: Command) => reload(command.optsWithGlobals<ReloadOptions>(), io));
};

interface ReloadOptions extends TargetOptions {
  readonly json?: boolean;
}

const reload = async (options: ReloadOptions, io: Terminal): Promise<void> => {
  const [{ withClient }, { GatewayError }] = await Promise.all([
    import('./connection.js'),
    import('../client/node.js'),
  ]);
  const reloaded = await withClient(options, io, async (client) => {
    try {
      return await client.request('system.reload', {});
    } catch (error) {
      const reason = error instanceof GatewayError ? error.data?.reason : undefined;
      if (typeof reason !== 'string') throw error;
      throw new CliError(`Nothing was reloaded, and the gateway goes on as before: ${printableLine(reason)}`);
    }
  });
  const { changed, needs_restart: needsRestart } = reloaded;
  io.stdout.write(
    options.json
      ? `${JSON.stringify(reloaded, null, 2)}\n`
      : `${reloadSentence({ outcome: 'reloaded', changed, needsRestart })}\n`,
  );
};

const run = async (
  { debug = false, port, host, config: file }: GatewayOptions,
  io: Terminal,
): Promise<void> => {
  // Before any of it runs; an option for Node.js would be one more thing to start the gateway with.
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${MAX_INLINED_BYTECODE_BYTES}`);
  const [{ startGateway, StartError }, { loadConfig }, { resolveHome }, { ConfigError }] = await Promise.all([
    import('../server/gateway.js'),
    import('../server/config/load.js'),
    import('../server/config/home.js'),
    import('../server/config/errors.js'),
  ]);
  const home = resolveHome(io.env);
  const flags = {
    ...(port === undefined ? {} : { 'gateway.port': port }),
    ...(host === undefined ? {} : { 'gateway.host': host }),
  };
  const load = () => loadConfig({ home, env: io.env, file, flags }).config;
  let gateway: Gateway;
  try {
    const onTrace = debug ? { onTrace: (event: TraceEvent) => io.stdout.write(`${traceLine(event)}\n`) } : {};
    gateway = await startGateway({
      config: load(),
      home,
      debug,
      loadConfig: load,
      logTo: io.stdout,
      ...onTrace,
    });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message, error.byFlag ? 2 : 1);
    if (error instanceof StartError) throw new CliError(error.message);
    throw error;
  }
  io.goOnUnheard();
  const stopReloading = io.onSignal(['SIGHUP'], () => {
    // The terminal's own SIGHUP: untilStopped hears it, too.
    if (io.terminalIsGone()) return;
    // The log says what came of it.
    gateway.reload().catch(() => {});
  });
  const stopStepping = io.onSignal(['SIGUSR2'], () => gateway.stepLogLevel());
  const stopped = untilStopped(gateway, io);
  announce(gateway, home.localTokenFile, debug, io);
  gateway.announceReady();
  await stopped;
  stopReloading();
  stopStepping();
};

/**
 * Resolves when the gateway has ended. The first signal lets running replies finish, the second does not wait for
 * them, a third ends the process whatever hangs.
 */
const untilStopped = (gateway: Gateway, io: Terminal): Promise<void> =>
  new Promise((resolve, reject) => {
    let signals = 0;
    gateway.failed.catch((error: Error) => reject(new CliError(error.message)));
    const stopListening = io.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
      // Any other SIGHUP means: read the configuration again.
      if (signal === 'SIGHUP' && !io.terminalIsGone()) return;
      signals++;
      if (signals > 2) io.exitNow(1);
      if (signals === 1 && !io.terminalIsGone())
        io.stderr.write('Stopping when running replies have ended; again to stop now.\n');
      gateway.close().then(resolve, reject).finally(stopListening);
    });
  });

/** Tells a person where the gateway listens and what to type next; the log tells everybody else. */
const announce = (gateway: Gateway, tokenPath: string, debug: boolean, io: Terminal): void => {
  if (!io.stdout.isTTY) {
    gateway.logStart();
    return;
  }
  const { url, host } = gateway;
  const debugNote = debug && isLoopback(host) ? 'also accepts the token oc_local_debug' : '';
  const { bold, dim } = styleFor(io);
  // A clone has no `openclaw` on the PATH, but one of its own.
  const command = io.env.npm_lifecycle_event === 'start' ? './openclaw' : 'openclaw';
  const rows = [
    ['Listening', bold(url)],
    ['Local token', `${tilde(tokenPath)} ${dim('(commands on this machine find it)')}`],
    ['Health', `${gateway.operationsUrl}/readyz`],
    ...(debugNote === '' ? [] : [['Debug', debugNote]]),
    ['Say hello', bold(`${command} chat "Hello"`)],
    ['Stop', 'Ctrl+C'],
  ];
  const lines = rows.map(([label = '', text = '']) => `  ${dim(label.padEnd(12))} ${text}\n`);
  io.stdout.write(`\n  ${bold('OpenClaw gateway')} ${VERSION}\n\n${lines.join('')}\n`);
};

/** The addresses on which `--debug` accepts the debug token. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.');

const tilde = (path: string): string =>
  path.startsWith(`${homedir()}/`) ? `~${path.slice(homedir().length)}` : path;

const listMethods = async (json: boolean | undefined, io: Terminal): Promise<void> => {
  const { METHODS } = await import('../schemas/generated/methods.js');
  if (json) {
    io.stdout.write(`${JSON.stringify(METHODS, null, 2)}\n`);
    return;
  }
  const rows = METHODS.map(({ name, direction, target, summary }) => [name, direction, target, summary]);
  io.stdout.write(formatTable(['METHOD', 'DIRECTION', 'TARGET', 'SUMMARY'], rows, styleFor(io)));
};
