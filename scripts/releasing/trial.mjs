/** A package in an empty folder, used as its users will: the command, a gateway, a conversation, the client library in TypeScript. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { StepFailed } from '../lib/steps.mjs';
import { must } from './processes.mjs';

const NAME = 'openclaw-gateway';
const START_MS = 60_000;
const NATIVE = join('build', 'Release', 'better_sqlite3.node');

/** A program as the page about the client library has it, with the types that it promises. */
const PROGRAM = `import { connect, type ConnectOptions, GatewayError } from '${NAME}/client';

const [url = '', token = ''] = process.argv.slice(2);
const options: ConnectOptions = { url, token, clientId: 'trial' };
const gateway = await connect(options);
let said: string = '';
for await (const chunk of gateway.chat.send('Hello')) said += chunk;
// @ts-expect-error There is no such channel, and no such type.
const wrong: number = said;
try {
  await gateway.chat.send('Hello', { channel: 'ch-0000000000000000' }).text();
} catch (error) {
  if (error instanceof GatewayError) console.log(said, error.code, typeof wrong);
}
await gateway.close();
`;
const OPTIONS = [
  '--strict',
  '--target',
  'es2023',
  '--lib',
  'es2023,dom',
  '--types',
  '',
  '--skipLibCheck',
  'false',
];
/** Ways in which projects find the declarations: as Node.js does, and as bundlers do. */
const RESOLUTIONS = [
  ['--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit'],
  ['--module', 'nodenext', '--moduleResolution', 'nodenext'],
];

/** npm's settings of the process that asks for the release do not hold in an empty folder. */
const environment = (home) => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:npm_|OPENCLAW_|NODE_OPTIONS)/.test(name)),
  ),
  OPENCLAW_HOME: home,
  OPENCLAW_METRICS__PORT: '0',
  // A command that the folder does not have must not be fetched.
  npm_config_yes: 'false',
});

/** @param {string} folder that need not exist yet: a project with no packages */
export const emptyProject = (folder) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ private: true, type: 'module' })}\n`);
};

/** @param {string} folder that does not exist yet @param {string} tarball; with all that it depends on, from the registry */
export const installTarball = async (folder, tarball) => {
  emptyProject(folder);
  await must('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], { cwd: folder });
};

/** @param {string} tarball @param {string} folder @returns {Promise<string>} the folder, with what npm would put into it */
export const unpack = async (tarball, folder) => {
  mkdirSync(folder, { recursive: true });
  await must('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'], { cwd: folder });
  return folder;
};

/**
 * Runs a gateway while `use` has its address, and asks it to end.
 *
 * @param {string} command @param {readonly string[]} args @param {string} cwd @param {string} home
 * @param {(url: string, env: NodeJS.ProcessEnv) => Promise<void>} use
 */
const withGateway = async (command, args, cwd, home, use) => {
  const env = environment(home);
  // A group of its own: `npx` starts a shell that starts the gateway.
  const child = spawn(command, [...args, 'gateway', '--port', '0'], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close');
  let output = '';
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), START_MS);
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  try {
    let url;
    for await (const line of createInterface({ input: child.stdout })) {
      output += `${line}\n`;
      url = /listens at (ws:\/\/[^\s,"]+)/.exec(line)?.[1];
      if (url !== undefined) break;
    }
    clearTimeout(timer);
    if (url === undefined)
      throw new StepFailed(
        `${output}\nThe gateway of the package does not start: the output above says why.`,
      );
    child.stdout.resume();
    await use(url, env);
  } finally {
    clearTimeout(timer);
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGTERM');
    await exited;
  }
};

/** @param {string} what @param {string} said @param {string | RegExp} wanted */
const expect = (what, said, wanted) => {
  const fits = typeof wanted === 'string' ? said.trim() === wanted : wanted.test(said);
  if (!fits)
    throw new StepFailed(`${what} printed ${JSON.stringify(said)}, and should have printed ${wanted}.`);
};

/**
 * @param {string} folder in which the package is installed @param {string} version @param {string} root of the repository, for its compiler
 * @throws {StepFailed}
 */
export const tryInstalled = async (folder, version, root) => {
  const home = join(folder, 'home');
  const options = { cwd: folder, env: environment(home) };
  expect('npx openclaw --version', await must('npx', ['openclaw', '--version'], options), version);
  writeFileSync(join(folder, 'program.ts'), `declare const process: { argv: string[] };\n${PROGRAM}`);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const resolution of RESOLUTIONS) {
    await must(process.execPath, [compiler, ...OPTIONS, ...resolution, 'program.ts'], options);
  }
  await withGateway('npx', ['openclaw'], folder, home, async (url, env) => {
    const token = (await must('npx', ['openclaw', 'token', 'show'], { cwd: folder, env })).trim();
    const chat = await must('npx', ['openclaw', 'chat', '--url', url, 'Hello'], { cwd: folder, env });
    expect('npx openclaw chat', chat, /You said: Hello/);
    const said = await must(process.execPath, ['program.js', url, token], { cwd: folder, env });
    expect('A program with the client library', said, /You said: Hello[\s\S]* 4040 string\n$/);
    const http = url.replace('ws:', 'http:');
    const page = await (await fetch(http)).text();
    expect('The page', page, /<script type="module"[^>]* src="\/assets\//);
  });
};

/**
 * The same package once more, as `npm install --global` puts it; what was compiled for the other is taken from there.
 *
 * @param {string} folder that does not exist yet @param {string} tarball @param {string} version
 * @param {string} compiled a folder in which the package is installed
 */
export const tryGlobal = async (folder, tarball, version, compiled) => {
  mkdirSync(folder);
  const flags = [
    '--global',
    `--prefix=${folder}`,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
  ];
  await must('npm', ['install', ...flags, tarball], { cwd: folder });
  const sqliteOf = (base) =>
    [join(base, NAME, 'node_modules'), base].map((path) => join(path, 'better-sqlite3')).find(existsSync);
  const target = join(sqliteOf(join(folder, 'lib', 'node_modules')), NATIVE);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(sqliteOf(join(compiled, 'node_modules')), NATIVE), target);
  const command = join(folder, 'bin', 'openclaw');
  const home = join(folder, 'home');
  expect(
    'openclaw --version',
    await must(command, ['--version'], { cwd: folder, env: environment(home) }),
    version,
  );
  await withGateway(command, [], folder, home, async (url, env) => {
    expect(
      'openclaw chat',
      await must(command, ['chat', '--url', url, 'Hello'], { cwd: folder, env }),
      /You said: Hello/,
    );
  });
};
