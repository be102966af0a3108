/**
 * Runs an image as a container's runtime would, with the kernel's own means: process 1 of its own process, mount and network
 * namespaces, the root read-only, the image's user without any capability, and `/data` as the only place that can be written.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { attempt, eventually, must, Problem } from './steps.mjs';

/** What a runtime mounts into every container, as a shell's commands: `$1` is the root. */
const SET_UP = `set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount --bind "$2" "$1/data"
mount -t proc -o nosuid,nodev,noexec proc "$1/proc"
mount -t tmpfs -o nosuid,mode=0755,size=64k tmpfs "$1/dev"
for device in null zero full random urandom tty; do
  touch "$1/dev/$device"
  mount --bind "/dev/$device" "$1/dev/$device"
done
ln -s /proc/self/fd "$1/dev/fd"
mkdir -p "$1/run/secrets"
mount --bind "$3" "$1/run/secrets"
mount -o remount,bind,ro "$1/run/secrets"
mount -o remount,bind,ro "$1"
ip link set lo up
shift 3
exec "$@"
`;
/** With nothing that a user might gain: the runtime's `--cap-drop ALL --security-opt no-new-privileges`. */
const asUser = (user) => {
  const [uid, gid = uid] = user.split(':');
  return [
    'setpriv',
    '--reuid',
    uid,
    '--regid',
    gid,
    '--clear-groups',
    '--bounding-set=-all',
    '--no-new-privs',
  ];
};

/** @typedef {{ Env: string[], Entrypoint: string[], Cmd: string[], User: string, WorkingDir: string }} ImageConfig */

export class Container {
  #child;
  /** @type {readonly string[]} */
  #env;
  #user;
  /** Of process 1, as this machine counts. */
  pid = 0;
  output = '';
  /** @type {Promise<number | string>} its exit status, or the signal that ended it */
  ended;

  /**
   * @param {{
   *   root: string, data: string, secrets: string, config: ImageConfig,
   *   env?: Readonly<Record<string, string>>, entrypoint?: readonly string[],
   * }} options env: besides the image's; entrypoint: instead of the image's
   */
  constructor({ root, data, secrets, config, env = {}, entrypoint = config.Entrypoint }) {
    this.#user = config.User;
    const variables = { HOME: '/data', HOSTNAME: 'container', ...env };
    this.#env = [...config.Env, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
    const inside = ['env', '-i', '-C', config.WorkingDir, ...this.#env, ...asUser(config.User)];
    const command = ['chroot', root, ...inside, ...entrypoint, ...config.Cmd];
    const spaces = ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork'];
    this.#child = spawn('unshare', [...spaces, 'sh', '-c', SET_UP, 'sh', root, data, secrets, ...command], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', () => reject(new Problem('unshare is missing: install util-linux.')));
      this.#child.once('close', (code, signal) => resolve(signal ?? code ?? 1));
    });
  }

  /** Resolves when a line of its output matches. @param {RegExp} expected @returns {Promise<RegExpExecArray>} */
  async says(expected) {
    let isOver = false;
    void this.ended.then(() => {
      isOver = true;
    });
    return eventually(`The line ${expected}`, async () => {
      const found = expected.exec(this.output);
      must(found !== null || !isOver, `The container ended before it said ${expected}:\n${this.output}`);
      return found;
    });
  }

  /** Resolves when the gateway takes clients. */
  async ready() {
    await this.says(/"msg":"OpenClaw gateway \S+ listens at/);
    this.pid = this.#first();
    must(this.pid > 0, 'Process 1 of the container cannot be found.');
  }

  /**
   * Runs a program inside, as `docker exec` does.
   *
   * @param {readonly string[]} command @param {{ asRoot?: boolean }} [options]
   */
  exec(command, { asRoot = false } = {}) {
    const spaces = ['--target', String(this.pid), '--mount', '--pid', '--net', '--ipc', '--uts'];
    const user = asRoot ? [] : asUser(this.#user);
    const inside = ['env', '-i', '-C', '/data', ...this.#env, ...user, ...command];
    return attempt('nsenter', [...spaces, '--root', '--wd', ...inside], { timeoutMs: 60_000 });
  }

  /**
   * Runs a program of this machine in the container's network.
   *
   * @param {readonly string[]} command @param {(text: string) => void} [onOutput] hears what it prints
   */
  beside(command, onOutput) {
    const args = ['--target', String(this.pid), '--net', ...command];
    return attempt('nsenter', args, { timeoutMs: 60_000, onOutput });
  }

  /** Sends process 1 a signal. @param {NodeJS.Signals} signal */
  signal(signal) {
    process.kill(this.pid, signal);
  }

  /** The processes inside, by what `/proc` of the container says. */
  processes() {
    const proc = `/proc/${this.pid}/root/proc`;
    return readdirSync(proc)
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const stat = readFileSync(join(proc, name, 'stat'), 'utf8');
          const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
          const command = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
          return [{ pid: Number(name), command, state, parent: Number(parent) }];
        } catch {
          // It ended meanwhile.
          return [];
        }
      });
  }

  /** Process 1 as this machine counts; 0: there is none any more. */
  #first() {
    const { pid } = this.#child;
    try {
      return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
    } catch {
      return 0;
    }
  }

  /** Ends all of it at once, as a machine that loses its power does: with process 1 its namespace ends. */
  async kill() {
    const first = this.#first();
    if (first > 0) process.kill(first, 'SIGKILL');
    await this.ended;
  }
}

/** A volume and a folder of secrets for the image's user, as an orchestrator would make them. @param {string} folder @param {string} user */
export const makeVolume = (folder, user) => {
  const [uid = 0, gid = uid] = user.split(':').map(Number);
  const [data, secrets] = [join(folder, 'data'), join(folder, 'secrets')];
  for (const path of [data, secrets]) if (!existsSync(path)) mkdirSync(path, { recursive: true });
  chownSync(data, uid, gid);
  chmodSync(data, 0o700);
  return {
    data,
    secrets,
    /** Into the volume, for the image's user. @param {string} name @param {string} text */
    write: (name, text) => {
      const file = join(data, name);
      writeFileSync(file, text, { mode: 0o600 });
      chownSync(file, uid, gid);
    },
    /** As Swarm mounts it: everyone may read it. @param {string} name @param {string} text */
    secret: (name, text) => {
      writeFileSync(join(secrets, name), text);
      chmodSync(join(secrets, name), 0o444);
    },
  };
};
