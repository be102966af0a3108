/** Images and their containers with buildah, in a storage of their own: nothing of this machine's is touched. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, run } from './steps.mjs';

export const BASE = 'docker.io/library/node:24-trixie-slim';
/**
 * Where npm looks for settings of all users. A folder is mounted over it, for every base has it: the place of a mount that had to
 * be made would stay in a layer.
 */
const SETTINGS = '/usr/local/etc';

/** Of npm's settings, what leads to a registry; the rest is this machine's. */
const OF_THE_REGISTRY = /^\s*(?:(?:@[^:]+:)?registry|\/\/.*|(?:https?-)?proxy|noproxy|strict-ssl)\s*=/;

/** What the machine needs to reach its npm registry. @typedef {{ npmrc: string | null, certificates: string | null }} Registry */

export class Images {
  #folder;
  #driver;

  /** @param {string} folder of the storage @param {string} driver of it */
  constructor(folder, driver) {
    this.#folder = folder;
    this.#driver = driver;
    mkdirSync(folder, { recursive: true });
  }

  /** The driver that works on this file system: `overlay` copies nothing, `vfs` each layer. @param {string} folder a scratch folder */
  static async driverFor(folder) {
    const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) =>
      join(folder, name),
    );
    for (const path of [lower, upper, work, merged]) mkdirSync(path);
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    const { status } = await attempt('mount', ['-t', 'overlay', 'overlay', '-o', options, merged]);
    if (status === 0) await run('umount', [merged]);
    return status === 0 ? 'overlay' : 'vfs';
  }

  /** @param {readonly string[]} args */
  #command(args) {
    const at = ['--root', join(this.#folder, 'root'), '--runroot', join(this.#folder, 'run')];
    return ['buildah', [...at, '--storage-driver', this.#driver, ...args]];
  }

  /** @param {readonly string[]} args @param {Parameters<typeof run>[2]} [options] */
  #buildah(args, options) {
    const [command, all] = this.#command(args);
    return run(command, all, options);
  }

  /** Makes an image of a file system's archive. @param {string} archive @param {string} name */
  async import(archive, name) {
    const container = await this.#buildah(['from', 'scratch']);
    await this.#buildah(['add', '--quiet', container, archive, '/']);
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    await this.#buildah(['config', '--env', `PATH=${path}`, '--cmd', 'node', container]);
    await this.#buildah(['commit', '--quiet', '--rm', '--format', 'docker', container, name]);
  }

  /** @param {string} name @returns {Promise<boolean>} */
  async has(name) {
    const [command, args] = this.#command(['inspect', '--type', 'image', name]);
    return (await attempt(command, args)).status === 0;
  }

  /**
   * Builds a Dockerfile's image, or one of its stages.
   *
   * @param {{ context: string, name: string, target?: string, registry: Registry, logFile: string }} options
   */
  async build({ context, name, target, registry, logFile }) {
    const settings = join(this.#folder, 'settings');
    mkdirSync(settings, { recursive: true, mode: 0o700 });
    const own = registry.npmrc === null ? '' : readFileSync(registry.npmrc, 'utf8');
    const kept = own.split('\n').filter((line) => OF_THE_REGISTRY.test(line));
    if (registry.certificates !== null) {
      kept.push(`cafile=${SETTINGS}/certificates-of-the-build.pem`);
      copyFileSync(registry.certificates, join(settings, 'certificates-of-the-build.pem'));
    }
    writeFileSync(join(settings, 'npmrc'), `${kept.join('\n')}\n`, { mode: 0o600 });
    const mounts = ['--volume', `${settings}:${SETTINGS}:ro`];
    const stage = target === undefined ? [] : ['--target', target];
    const how = ['--isolation', 'chroot', '--format', 'docker', '--pull-never', '--layers', '--jobs', '2'];
    try {
      await this.#buildah(['build', ...how, ...mounts, ...stage, '--tag', name, context], {
        logFile,
        timeoutMs: 1_800_000,
      });
    } finally {
      rmSync(settings, { recursive: true, force: true });
    }
  }

  /** What the image says of itself: `{ Docker: { config, history, … }, FromImageID, … }`. @param {string} name */
  async inspect(name) {
    return JSON.parse(await this.#buildah(['inspect', '--type', 'image', name]));
  }

  /** Writes configuration and layers, as they would be pushed, into a folder. @param {string} name @param {string} folder */
  async export(name, folder) {
    await this.#buildah([
      'push',
      '--quiet',
      '--format',
      'v2s2',
      '--disable-compression',
      name,
      `dir:${folder}`,
    ]);
    return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  }

  /** A container of an image, not started. @param {string} name @returns {Promise<string>} the root of its file system */
  async mount(name) {
    const container = await this.#buildah(['from', '--pull-never', name]);
    return this.#buildah(['mount', container]);
  }

  /** Removes the containers and what is mounted, also what a build left that was cut off. */
  async close() {
    const [command, containers] = this.#command(['rm', '--all']);
    await attempt(command, containers);
    const { stdout } = await attempt('findmnt', ['--raw', '--noheadings', '--output', 'TARGET']);
    // What is mounted last lies within what was mounted before.
    const mounts = stdout.split('\n').filter((path) => path.startsWith(`${this.#folder}/`));
    for (const path of mounts.reverse()) await attempt('umount', ['--lazy', path]);
  }

  /** Removes everything. */
  async remove() {
    await this.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
