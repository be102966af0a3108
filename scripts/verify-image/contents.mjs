/** What an image is made of, looked at without running it: its settings, its size, and what is in each of its layers. */
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { must, run, say } from './steps.mjs';

const MAX_IMAGE_BYTES = 260_000_000;
/** The official base has some MB more than the one made here, such as Yarn. */
const MAX_OWN_BYTES = 28_000_000;

/** What no layer above the base and no line of the history may hold. */
const FORBIDDEN_TEXT = [
  // With a line end: code that reads certificates names them.
  '-----BEGIN CERTIFICATE-----\n',
  'PRIVATE KEY-----\n',
  '_authToken',
  '_password=',
  'certificates-of-the-build',
];
/** What is no file of a gateway; also a mount's place that a build left behind. */
const FORBIDDEN_PATHS = [
  [/\.map$/, 'a source map'],
  [/^app\/dist\/(?:test|bench|scripts)\//, 'what only tests run'],
  [/\.test\.[cm]?js$/, 'a test'],
  [/^app\/(?!node_modules\/).*\.ts$/, 'TypeScript'],
  [/(?:^|\/)\.npmrc$/, 'npm’s settings'],
  [/^(?:root|home)\/.*(?:\.npm\/|\.cache\/|\.node-gyp\/)/, 'a cache'],
  [/certificates-of-the-build/, 'certificates of the building machine'],
  [/(?:^|\/)(?:id_rsa|id_ed25519|\.env)$/, 'a secret'],
];

/** @param {import('./images.mjs').ImageConfig} config of the image @param {string} version */
export const checkSettings = (config, version) => {
  const { User, Volumes, ExposedPorts, Entrypoint, Cmd, StopSignal, Healthcheck, Labels, Env } = config;
  /** @param {unknown} seen @param {unknown} wanted @param {string} what */
  const same = (seen, wanted, what) =>
    must(
      JSON.stringify(seen) === JSON.stringify(wanted),
      `The image’s ${what} is ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}.`,
    );
  same(User, '10001:10001', 'user');
  same(Object.keys(Volumes ?? {}), ['/data'], 'list of volumes');
  same(Object.keys(ExposedPorts ?? {}).sort(), ['18789/tcp', '18790/tcp'], 'list of ports');
  same([Entrypoint, Cmd], [['openclaw-init'], ['gateway']], 'command');
  same(StopSignal, 'SIGTERM', 'stop signal');
  same(Healthcheck?.Test, ['CMD', 'openclaw', 'health'], 'health check');
  same(Labels?.['org.opencontainers.image.version'], version, 'version');
  for (const name of ['title', 'description', 'licenses', 'revision', 'base.name'])
    must(Labels?.[`org.opencontainers.image.${name}`], `The image has no label ${name}.`);
  const variables = Object.fromEntries(Env.map((each) => each.split(/=(.*)/s)));
  same(variables.OPENCLAW_HOME, '/data', 'home');
  same(variables.OPENCLAW_GATEWAY__INSECURE, undefined, 'permission to do without TLS');
};

/** @param {string} root of the image's file system @param {string} repository where its lock file is */
export const checkPackages = async (root, repository) => {
  const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'));
  const found = await run('find', ['app/node_modules', '-name', 'package.json', '-printf', '%h\n'], {
    cwd: root,
  });
  const installed = found.split('\n').map((path) => path.slice('app/'.length));
  const known = installed.filter((path) => Object.hasOwn(packages, path));
  const strangers = known.filter((path) => packages[path].dev === true);
  must(strangers.length === 0, `These packages are only for development: ${strangers.join(', ')}.`);
  must(known.length > 50, `Only ${known.length} packages are installed.`);
  const binaries = await run('find', ['app/node_modules', '-name', '*.node'], { cwd: root });
  const sockets = binaries.split('\n').filter((path) => path.includes('/uWebSockets.js/'));
  must(sockets.length === 1, `The image has ${sockets.length} binaries of uWebSockets.js instead of one.`);
  say(
    `${known.length} packages, none for development; native: ${binaries
      .split('\n')
      .map((path) => path.split('/').at(-1))
      .join(', ')}`,
  );
};

/**
 * @param {import('./images.mjs').Images} images @param {string} name of the image @param {string} folder a scratch folder
 * @param {readonly string[]} secrets lines of this machine's settings that must be nowhere
 */
export const checkLayers = async (images, name, folder, secrets) => {
  mkdirSync(folder);
  const { Docker } = await images.inspect(name);
  const history = JSON.stringify(Docker.history);
  const forbidden = [...FORBIDDEN_TEXT, ...secrets];
  for (const text of [...forbidden, '.npmrc'])
    must(!history.includes(text), 'The history of the image names a secret, or a setting of this machine.');

  const { layers } = await images.export(name, folder);
  const [base, ...own] = layers.map(({ digest }) => join(folder, digest.replace('sha256:', '')));
  let ownBytes = 0;
  for (const layer of own) {
    ownBytes += statSync(layer).size;
    for (const path of (await run('tar', ['--list', '--file', layer])).split('\n')) {
      const inside = path.replace(/^(?:\.?\/)+/, '');
      const wrong = FORBIDDEN_PATHS.find(([pattern]) => pattern.test(inside));
      must(wrong === undefined, `The image holds ${inside}, ${wrong?.[1]}.`);
    }
    const bytes = readFileSync(layer);
    for (const text of forbidden)
      must(
        !bytes.includes(text),
        `A layer of the image holds ${secrets.includes(text) ? 'a setting of this machine' : JSON.stringify(text)}.`,
      );
  }
  const baseBytes = statSync(base).size;
  rmSync(folder, { recursive: true });
  const size = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  say(
    `${layers.length} layers: ${size(ownBytes)} of the gateway on ${size(baseBytes)} of the base, ${size(ownBytes + baseBytes)} together`,
  );
  must(ownBytes + baseBytes < MAX_IMAGE_BYTES, `The image is larger than ${MAX_IMAGE_BYTES / 1e6} MB.`);
  must(ownBytes < MAX_OWN_BYTES, `The gateway’s own layers are larger than ${MAX_OWN_BYTES / 1e6} MB.`);
};
