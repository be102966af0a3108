/**
 * Proves the container image without a Docker engine: builds the Dockerfile with buildah on a base made on the spot, looks at what
 * is in the image, runs it, and runs the end-to-end tests on its Node.js. Needs Linux, root, Debian's packages and the npm registry.
 *
 *   npm run verify:image -- --help
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeBase } from './base.mjs';
import { checkLayers, checkPackages, checkSettings } from './contents.mjs';
import { checkEndToEnd } from './e2e.mjs';
import { BASE, Images } from './images.mjs';
import { checkLive } from './live.mjs';
import { attempt, endAll, must, Problem, run, say, Unavailable, Undo } from './steps.mjs';

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const PACKAGES = { buildah: 'buildah', debootstrap: 'debootstrap', ip: 'iproute2', unshare: 'util-linux' };

/** EX_UNAVAILABLE of sysexits.h: whoever runs this among other checks tells it from a failure. */
const UNAVAILABLE = 69;

const HELP = `Proves the container image: builds it, looks into it, runs it. Needs Linux, root and a network.

  npm run verify:image -- [options]

  --cache DIR          keep the base and the layers of the build in this folder for the next run; or OPENCLAW_IMAGE_CACHE
  --skip-e2e           leave out the end-to-end tests on the image's Node.js
  --keep               leave the image, its volumes and the logs where they are, and say where
  --npmrc FILE         npm's settings for the build; else those of this user. They are in no layer
  --certificates FILE  certificates that npm trusts in the build; else npm's cafile. They are in no layer
  --help               this text

It ends with 0, with 1 where something is wrong, and with ${UNAVAILABLE} where it cannot be done: no root, no network.
Missing programs (${Object.values(PACKAGES).join(', ')}) are installed with apt-get.
`;

const options = () => {
  try {
    return parseArgs({
      options: {
        cache: { type: 'string' },
        'skip-e2e': { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        npmrc: { type: 'string' },
        certificates: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new Problem(`${error.message.split('.')[0]}: --help lists the options.`);
  }
};

/** Installs what is missing. */
const prepare = async () => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Unavailable('Only root on Linux can verify the image: run it there with sudo.');
  must(
    existsSync(join(REPOSITORY, 'node_modules', 'ws')),
    'The packages are not installed: run npm ci first.',
  );
  const missing = [];
  for (const [program, name] of Object.entries(PACKAGES))
    if ((await attempt('which', [program])).status !== 0) missing.push(name);
  if (missing.length === 0) return;
  say(`Installing ${missing.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-qq', '-y', '--no-install-recommends', ...missing];
  await attempt('apt-get', ['update', '-qq'], { env });
  const { status } = await attempt('apt-get', install, { env }).catch(() => ({ status: 1 }));
  if (status !== 0)
    throw new Unavailable(
      `${missing.join(', ')} cannot be installed: do it yourself, or look whether apt-get has a network.`,
    );
};

/** How this machine reaches its registry. @param {{ npmrc?: string, certificates?: string }} given */
const registryOf = async ({ npmrc, certificates }) => {
  /** @param {string} key */
  const setting = async (key) => {
    const value = await run('npm', ['config', 'get', key], { cwd: REPOSITORY });
    return value !== '' && value !== 'null' && value !== 'undefined' && existsSync(value) ? value : null;
  };
  for (const file of [npmrc, certificates])
    must(file === undefined || existsSync(file), `${file} does not exist.`);
  return {
    npmrc: npmrc ?? (await setting('userconfig')),
    certificates: certificates ?? (await setting('cafile')) ?? process.env.NODE_EXTRA_CA_CERTS ?? null,
  };
};

/** Lines of a registry's settings that must be in no layer. @param {string | null} npmrc */
const secretsOf = (npmrc) =>
  npmrc === null
    ? []
    : readFileSync(npmrc, 'utf8')
        .split('\n')
        .map((line) => line.split('=').slice(1).join('=').trim())
        .filter((value) => value.length > 20);

/** @param {Undo} undo @param {ReturnType<typeof options>} given */
const verify = async (undo, given) => {
  await prepare();
  const cache = given.cache ?? process.env.OPENCLAW_IMAGE_CACHE;
  const kept = cache === undefined ? null : resolve(cache);
  if (kept !== null) mkdirSync(kept, { recursive: true });
  const folder = mkdtempSync(join(kept ?? tmpdir(), 'verify-image-'));
  if (given.keep) undo.add(() => say(`What was made is in ${folder}`));
  else undo.add(() => rmSync(folder, { recursive: true, force: true }));
  const logFile = join(folder, 'log');

  const images = new Images(join(kept ?? folder, 'storage'), await Images.driverFor(folder));
  if (kept === null && !given.keep) undo.add(() => images.remove());
  undo.add(() => images.close());
  const archive = await makeBase(folder, kept);
  if (!(await images.has(BASE))) await images.import(archive, BASE);

  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
  const registry = await registryOf(given);
  const build = async (name, target) => {
    await images.build({ context: REPOSITORY, name, target, registry, logFile });
    return name;
  };
  say('Building the image; where SQLite has to be compiled this takes some minutes …');
  const image = await build(`openclaw-gateway:${version}`);
  say('Built');
  const { Docker } = await images.inspect(image);
  const { config } = Docker;
  checkSettings(config, version);
  await checkLayers(images, image, join(folder, 'layers'), secretsOf(registry.npmrc));
  const root = await images.mount(image);
  await checkPackages(root, REPOSITORY);
  await checkLive({ root, config, folder }, undo, version);

  if (given['skip-e2e']) {
    say('The end-to-end tests were left out');
    return;
  }
  const path = config.Env.find((each) => each.startsWith('PATH=')).slice('PATH='.length);
  const [stage, modules] = [
    await build('openclaw-build', 'build'),
    await build('openclaw-modules', 'modules'),
  ];
  await checkEndToEnd(await images.mount(stage), await images.mount(modules), path, logFile);
};

const undo = new Undo();
let isEnding = false;
/** @param {number} status @param {string} [sentence] */
const end = async (status, sentence) => {
  if (isEnding) return;
  isEnding = true;
  if (sentence !== undefined) console.error(sentence);
  endAll();
  await undo.all();
  process.exit(status);
};
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => void end(1, 'Interrupted: tidying up.'));

try {
  const given = options();
  if (given.help) process.stdout.write(HELP);
  else {
    await verify(undo, given);
    say('The image is as it should be');
  }
  await end(0);
} catch (error) {
  await end(
    error instanceof Unavailable ? UNAVAILABLE : 1,
    error instanceof Problem ? error.message : error.stack,
  );
}
