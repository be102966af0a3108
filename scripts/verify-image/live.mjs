/** What an image does when it runs: each check is a container of its own, on a volume of its own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Container, makeVolume } from './container.mjs';
import { eventually, must, say } from './steps.mjs';

const CLIENT = fileURLToPath(new URL('client.mjs', import.meta.url));
const URL_INSIDE = 'ws://127.0.0.1:18789';
const OPERATORS = 'http://127.0.0.1:18790';
const INSECURE = { OPENCLAW_GATEWAY__INSECURE: 'true' };
const METRICS_TOKEN = 'canary-of-the-verification';
const LOCAL_TOKEN = 'oc_local_canaryofthecanaryofthecanary0';

/** A program of MCP servers that leaves a process behind which ends soon: a child of process 1 then. */
const LEAVES_ORPHANS = `
[skills.mcp.careless]
command = "sh"
args = ["-c", "sh -c 'sleep 1 & echo $! >> /data/orphans'; exec sleep 300"]
`;

/** @typedef {{ root: string, config: import('./container.mjs').ImageConfig, folder: string }} Subject */

/** @param {Subject} subject @param {import('./steps.mjs').Undo} undo @param {string} name of the volume */
const runner = ({ root, config, folder }, undo, name) => {
  const volume = makeVolume(join(folder, name), config.User);
  /** @param {Readonly<Record<string, string>>} [env] @param {Partial<ConstructorParameters<typeof Container>[0]>} [rest] */
  const start = (env = INSECURE, rest = {}) => {
    const container = new Container({ root, config, ...volume, env, ...rest });
    undo.add(() => container.kill());
    return container;
  };
  /** @param {Container} container @param {readonly string[]} args @param {(text: string) => void} [onOutput] */
  const client = async (container, args, onOutput) => {
    const command = [process.execPath, CLIENT, URL_INSIDE, join(volume.data, 'local-token'), ...args];
    const { status, stdout, stderr } = await container.beside(command, onOutput);
    must(status === 0, `The client ended with ${status}: ${stderr}`);
    return JSON.parse(stdout);
  };
  return { ...volume, start, client };
};

/** @param {Container} container @param {string} path @param {string} [token] @returns {Promise<number>} */
const statusOf = async (container, path, token) => {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const program = `fetch(${JSON.stringify(OPERATORS + path)}, { headers: ${JSON.stringify(headers)} }).then((r) => console.log(r.status))`;
  const { stdout, stderr } = await container.beside([process.execPath, '-e', program]);
  must(stdout !== '', `${path} is not answered: ${stderr}`);
  return Number(stdout);
};

/** @param {Subject} subject @param {import('./steps.mjs').Undo} undo */
const refusesToBeOpen = async (subject, undo) => {
  const container = runner(subject, undo, 'open').start({});
  const status = await container.ended;
  must(
    status === 1,
    `Without TLS and without permission it ended with ${status} instead of 1: ${container.output}`,
  );
  must(/0\.0\.0\.0 is reachable from other machines and TLS is off/.test(container.output), container.output);
  say('It does not listen on every address without TLS, and says what to do');
};

/** @param {Subject} subject @param {import('./steps.mjs').Undo} undo @param {string} version */
const serves = async (subject, undo, version) => {
  const { start, client, secret } = runner(subject, undo, 'serves');
  secret('metrics', `${METRICS_TOKEN}\n`);
  secret('token', `${LOCAL_TOKEN}\n`);
  const env = {
    ...INSECURE,
    OPENCLAW_METRICS__TOKEN_ENV: 'METRICS_TOKEN',
    METRICS_TOKEN_FILE: '/run/secrets/metrics',
    OPENCLAW_BOOTSTRAP_TOKEN_FILE: '/run/secrets/token',
    OPENCLAW_REASONING__EMBEDDED__CHUNK_DELAY_MS: '20',
  };
  const container = start(env);
  await container.ready();
  const said = await client(container, ['chat', 'Grüße, container']);
  must(said.server_version === version, `It says that it is version ${said.server_version}.`);
  must(
    said.finish_reason === 'stop' && said.text.endsWith('Grüße, container'),
    `It said: ${JSON.stringify(said)}`,
  );
  say('Handshake and chat work, on the ports of the image');

  for (const [path, wanted] of [
    ['/readyz', 200],
    ['/healthz', 200],
    ['/metrics', 401],
  ])
    must((await statusOf(container, path)) === wanted, `${path} does not answer ${wanted}.`);
  must(
    (await statusOf(container, '/metrics', METRICS_TOKEN)) === 200,
    'The token of /run/secrets/metrics is not taken.',
  );
  const shown = await container.exec(['openclaw', 'token', 'show']);
  must(shown.stdout.trim() === LOCAL_TOKEN, 'The token of OPENCLAW_BOOTSTRAP_TOKEN_FILE is not taken.');
  say('/readyz, /healthz and /metrics answer; secrets come from files in /run/secrets');

  const [, ...check] = subject.config.Healthcheck.Test;
  const health = await container.exec(check);
  must(
    health.status === 0 && health.stdout === 'The gateway is ready.\n',
    `The health check: ${JSON.stringify(health)}`,
  );
  const chat = await container.exec(['openclaw', 'chat', 'Hello from inside']);
  must(chat.stdout.includes('Hello from inside'), `openclaw chat fails inside: ${chat.stderr}`);
  for (const command of ['stats', 'check', 'backup']) {
    const done = await container.exec(['openclaw', 'memory', ...command.split(' ')]);
    must(done.status === 0, `openclaw memory ${command} ended with ${done.status}: ${done.stderr}`);
  }
  say('The health check and the commands work inside, as the image’s user');

  const source = readFileSync(fileURLToPath(new URL('loads.mjs', import.meta.url)), 'utf8');
  const evaluate = 'cd /app && exec node --input-type=module --eval "$0"';
  const loaded = await container.exec(['sh', '-c', evaluate, source]);
  must(
    /^\d\d imports\n$/.test(loaded.stdout),
    `Packages of the image cannot be imported: ${loaded.stdout}${loaded.stderr}`,
  );
  say(`Everything that the gateway may import is there: ${loaded.stdout.trim()}`);

  // As root, so that the mount refuses and not the files' modes.
  for (const path of ['/app/x', '/tmp/x', '/etc/x', '/run/secrets/x', '/x']) {
    const { status, stderr } = await container.exec(['touch', path], { asRoot: true });
    must(status !== 0 && /Read-only file system/.test(stderr), `${path} can be written.`);
  }
  must((await container.exec(['touch', '/data/x'])).status === 0, '/data cannot be written.');
  say('The root is read-only, /data is not');

  for (const line of container.output.trim().split('\n')) {
    must(line.startsWith('{') && JSON.parse(line).msg, `The log has a line that is no JSON: ${line}`);
    must(!line.includes('canary'), 'The log holds a secret.');
  }
  await drains(container, client);

  const again = start(env);
  await again.ready();
  const { messages } = await client(again, ['history']);
  must(
    messages.some(({ content }) => content === 'Grüße, container'),
    'The history is gone after a restart.',
  );
  await again.kill();
  const after = start(env);
  await after.ready();
  must(
    (await client(after, ['history'])).messages.length === messages.length,
    'The history is gone after a kill.',
  );
  say(`The history of ${messages.length} messages is there after a restart, and after a kill`);
  after.signal('SIGTERM');
  must((await after.ended) === 0, 'It did not end with 0.');
};

/** @param {Container} container @param {ReturnType<typeof runner>['client']} client */
const drains = async (container, client) => {
  const words = Array.from({ length: 100 }, (_, at) => `word${at}`).join(' ');
  let hasBegun = false;
  const draining = client(container, ['drain', words], (text) => {
    hasBegun ||= text.includes('begun');
  });
  await eventually('A reply', async () => hasBegun);
  container.signal('SIGTERM');
  const { text, finish_reason: finish, close } = await draining;
  must(finish === 'stop' && text.includes(words), `The reply was cut (${finish}): … ${text.slice(-200)}`);
  must(close.code === 1001, `The connection ended with ${close.code} instead of 1001.`);
  const status = await container.ended;
  must(status === 0, `After SIGTERM it ended with ${status} instead of 0.`);
  say('SIGTERM lets the running reply end, closes with 1001, and ends with 0');
};

/** The orphans that have ended and are still there. @param {Container} container */
const zombiesOf = (container) =>
  container.processes().filter(({ state, parent }) => state === 'Z' && parent === 1);

/** @param {Subject} subject @param {import('./steps.mjs').Undo} undo */
const reaps = async (subject, undo) => {
  const { start, write, data } = runner(subject, undo, 'reaps');
  write('config.toml', LEAVES_ORPHANS);
  /** @param {number} count of orphans since the beginning */
  const orphaned = (count) =>
    eventually('An orphan', async () => {
      const file = join(data, 'orphans');
      return existsSync(file) && readFileSync(file, 'utf8').trim().split('\n').length >= count;
    });
  const container = start();
  await container.ready();
  await orphaned(1);
  await eventually('The end of the orphans', async () => {
    const left = container.processes().filter(({ command, parent }) => command === 'sleep' && parent === 1);
    return left.length === 0;
  });
  must(
    container.processes().every(({ state }) => state !== 'Z'),
    'Process 1 leaves zombies.',
  );

  container.signal('SIGHUP');
  await container.says(/"msg":"Reloaded/);
  container.signal('SIGUSR2');
  await container.says(/"msg":"log\.level is debug/);
  container.signal('SIGINT');
  must((await container.ended) === 0, 'After SIGINT it did not end with 0.');

  // The same without process 1 of the image: if this found no zombie, the check above would find none either.
  const bare = start(INSECURE, { entrypoint: ['openclaw'] });
  await bare.ready();
  await eventually('A zombie of a gateway that is process 1 itself', async () => zombiesOf(bare).length > 0);
  await bare.kill();
  say('Process 1 collects what MCP servers leave behind, and hands SIGHUP, SIGUSR2 and SIGINT on');
};

/** @param {Subject} subject @param {import('./steps.mjs').Undo} undo @param {string} version */
export const checkLive = async (subject, undo, version) => {
  await refusesToBeOpen(subject, undo);
  await serves(subject, undo, version);
  await reaps(subject, undo);
};
