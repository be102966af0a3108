/** `openclaw config`: reads, checks and changes the configuration file (protocol section 8). */
import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  type ConfigKey,
  configKeys,
  configOption,
  configValue,
  formatConfigValue,
  isConfigKey,
  parentOf,
} from '../schemas/config.js';
import { setInText } from '../server/config/edit.js';
import { ConfigError, HomeError } from '../server/config/errors.js';
import { readGatewayFile } from '../server/config/gateway-file.js';
import { ensureHome, type Home, lockPathOf, resolveHome } from '../server/config/home.js';
import {
  checkConfigText,
  type LoadedConfig,
  loadConfig,
  type Origin,
  unknownKey,
  variableOf,
} from '../server/config/load.js';
import { withFileLock } from '../server/config/lock.js';
import { readConfigText } from '../server/config/read-file.js';
import { TomlSyntaxError } from '../server/config/toml.js';
import { checkText } from '../server/config/values.js';
import { writeFileAtomically } from '../server/config/write-file.js';
import { CliError, type Io } from './io.js';

/** Adds the command to `program`, whose global option `--config FILE` it follows. */
export function registerConfig(program: Command, io: Io): void {
  const config = program.command('config').description('Read, check and change the configuration file');
  const target = (): Target => targetOf(io, program.opts<{ config?: string }>().config);

  config
    .command('get')
    .description('Print the value of a key')
    .argument('<key>', 'a dotted key such as gateway.heartbeat_timeout')
    .option('--json', 'print key, value and where it comes from as JSON')
    .action((key: string, { json = false }: { json?: boolean }) =>
      explain(() => get(io, target(), key, json)),
    );
  config
    .command('set')
    .description('Change a key in the file, keeping comments and layout')
    .argument('<key>', 'a dotted key such as gateway.heartbeat_timeout')
    .argument('<value>', 'the new value; lists are written a,b or ["a", "b"]')
    .action((key: string, value: string) => explain(() => set(io, target(), key, value)));
  config
    .command('list')
    .description('Print every key, its value and where it comes from')
    .option('--json', 'print as JSON')
    .action(({ json = false }: { json?: boolean }) => explain(() => list(io, target(), json)));
  config
    .command('path')
    .description('Print the path of the configuration file')
    .option('--json', 'print the path and whether the file exists as JSON')
    .action(({ json = false }: { json?: boolean }) => explain(() => path(io, target(), json)));
  config
    .command('check')
    .description('Check the configuration without starting anything')
    .argument('[file]', 'another file to check')
    .action((file: string | undefined) => explain(() => check(io, target(), file)));
}

interface Target {
  readonly home: Home;
  /** The file of `--config`, if it was given. */
  readonly named: string | undefined;
  /** The file in question, absolute. */
  readonly file: string;
}

function targetOf({ env }: Io, option: string | undefined): Target {
  const home = resolveHome(env);
  const named = option === undefined ? undefined : resolve(option);
  return { home, named, file: named ?? home.configFile };
}

const load = (io: Io, { home, named }: Target): LoadedConfig =>
  loadConfig({ home, env: io.env, file: named });

/** Turns what the configuration's own code throws into what ends a command. */
async function explain(action: () => void | Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof HomeError) throw new CliError(error.message);
    throw error;
  }
}

function get(io: Io, target: Target, name: string, json: boolean): void {
  const key = knownKey(name);
  const loaded = load(io, target);
  if (!loaded.origins.has(key))
    throw new CliError(`${key} is not set, because there is no section [${parentOf(key)}].`);
  const value = configValue(loaded.config, key);
  if (json) io.stdout.write(`${JSON.stringify(row(loaded, key))}\n`);
  else io.stdout.write(`${typeof value === 'string' ? value : formatConfigValue(value)}\n`);
}

function list(io: Io, target: Target, json: boolean): void {
  const loaded = load(io, target);
  if (json) {
    const rows = configKeys(loaded.config).map((key) => row(loaded, key));
    io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const rows = configKeys(loaded.config).map((key) => ({
    left: `${key} = ${formatConfigValue(configValue(loaded.config, key))}`,
    right: describeOrigin(originOf(loaded, key)),
  }));
  const width = Math.min(60, Math.max(...rows.map(({ left }) => left.length)));
  for (const { left, right } of rows) io.stdout.write(`${left.padEnd(width)}  # ${right}\n`);
}

function path(io: Io, { file }: Target, json: boolean): void {
  const exists = readConfigText(file) !== null;
  io.stdout.write(json ? `${JSON.stringify({ path: file, exists })}\n` : `${file}\n`);
}

function check(io: Io, target: Target, other: string | undefined): void {
  const asked = other === undefined ? target : targetOf(io, other);
  const { fileExists, file } = load(io, asked);
  io.stdout.write(
    fileExists ? `${file} is valid.\n` : `${file} does not exist, so every key has its default.\n`,
  );
}

async function set(io: Io, target: Target, name: string, text: string): Promise<void> {
  const key = knownKey(name);
  const checked = checkText(key, text);
  if ('problem' in checked) throw new CliError(`${checked.problem}.`, 2);
  const { value } = checked;
  const file = prepareFile(target);
  await withFileLock(lockPathOf(file), () => {
    const before = readConfigText(file);
    const after = edited(file, before ?? '', () => setInText(before ?? '', key, value), key);
    checkResult(file, after);
    writeFileAtomically(file, after, before === null ? undefined : statSync(file));
  });
  io.stdout.write(`${key} = ${formatConfigValue(value)} is now in ${file}.\n${effectOf(target.home, key)}\n`);
  const variable = variableOf(key);
  if (io.env[variable] !== undefined) {
    io.stderr.write(`${variable} is set here and wins over the file; unset it for this value to count.\n`);
  }
}

/** Makes the home directory where the file belongs there; a link is followed, so that it stays one. */
function prepareFile({ home, named, file }: Target): string {
  if (named === undefined) ensureHome(home);
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function edited(file: string, before: string, edit: () => string | null, key: ConfigKey): string {
  let after: string | null;
  try {
    after = edit();
  } catch (error) {
    if (!(error instanceof TomlSyntaxError)) throw error;
    // The loader's own words for the same thing.
    checkConfigText(file, before);
    throw error;
  }
  if (after === null)
    throw new CliError(`${key} cannot be set in ${file} without changing more; edit it by hand.`);
  return after;
}

function checkResult(file: string, text: string): void {
  try {
    checkConfigText(file, text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CliError(`Nothing was changed, because the file would not be valid:\n${error.message}`);
  }
}

function effectOf(home: Home, key: ConfigKey): string {
  const { reloadable } = configOption(key);
  if (readGatewayFile(home.gatewayFile) === null) return 'It takes effect when the gateway starts.';
  return reloadable
    ? 'The running gateway takes it when it reloads: openclaw gateway reload'
    : 'The running gateway takes it only after a restart.';
}

function knownKey(name: string): ConfigKey {
  if (isConfigKey(name)) return name;
  throw new CliError(unknownKey(name), 2);
}

interface Row {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly source: Origin['source'];
}

const row = (loaded: LoadedConfig, key: ConfigKey): Row => ({
  key,
  value: configValue(loaded.config, key),
  ...originOf(loaded, key),
});

const originOf = ({ origins }: LoadedConfig, key: ConfigKey): Origin =>
  origins.get(key) ?? { source: 'default' };

function describeOrigin(origin: Origin): string {
  switch (origin.source) {
    case 'default':
      return 'default';
    case 'file':
      return 'file';
    case 'environment':
      return `environment (${origin.variable})`;
    case 'flag':
      return `flag (${origin.flag})`;
  }
}
