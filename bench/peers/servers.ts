/** Who is measured. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectName } from './client/dialects.js';

/** This file runs from `dist/bench/peers`. */
export const ROOT = join(import.meta.dirname, '../../..');
const DIST = join(ROOT, 'dist');
/** Where the rivals' packages are. */
export const PACKAGES = join(ROOT, 'bench', 'peers', 'node_modules');

export interface Peer {
  readonly name: string;
  /** One line: what it does for a message. */
  readonly summary: string;
  readonly dialect: DialectName;
  readonly runtime: 'node' | 'bun';
  /** The program and its arguments. */
  readonly program: readonly string[];
  /** Does it do what the gateway does for a message? */
  readonly sameWork: boolean;
}

const compiled = (name: string): string[] => [join(DIST, 'bench', 'peers', name, 'server.js')];
/** Runs where its packages are installed. */
const script = (name: string): string[] => [join(ROOT, 'bench', 'peers', name, 'server.mjs')];

export const ECHO = 'echo';
export const GATEWAY = 'gateway';

export const PEERS: readonly Peer[] = [
  {
    name: ECHO,
    summary: 'bare uWebSockets.js that echoes: the limit',
    dialect: 'echo',
    runtime: 'node',
    program: compiled('echo'),
    sameWork: false,
  },
  {
    name: GATEWAY,
    summary: 'the gateway, authenticated, all guards on',
    dialect: 'gateway',
    runtime: 'node',
    program: [join(DIST, 'cli', 'main.js'), 'gateway', '--port', '0'],
    sameWork: true,
  },
  {
    name: 'ws-work',
    summary: '`ws` doing the same work: handshake, envelope, the same Ajv schemas and rate limit, reply',
    dialect: 'gateway',
    runtime: 'node',
    program: script('ws-work'),
    sameWork: true,
  },
  {
    name: 'bun-work',
    summary: '`Bun.serve` doing the same work',
    dialect: 'gateway',
    runtime: 'bun',
    program: script('bun-work'),
    sameWork: true,
  },
  {
    name: 'uws',
    summary: 'uWebSockets.js with JSON.parse, Ajv and JSON.stringify, nothing else',
    dialect: 'gateway',
    runtime: 'node',
    program: compiled('uws'),
    sameWork: false,
  },
  {
    name: 'ws',
    summary: '`ws` with JSON.parse, Ajv and JSON.stringify, nothing else',
    dialect: 'gateway',
    runtime: 'node',
    program: script('ws'),
    sameWork: false,
  },
  {
    name: 'bun',
    summary: '`Bun.serve` with JSON.parse, Ajv and JSON.stringify, nothing else',
    dialect: 'gateway',
    runtime: 'bun',
    program: script('bun'),
    sameWork: false,
  },
  {
    name: 'rpc-websockets',
    summary: 'rpc-websockets, logged in, a protected method',
    dialect: 'rpc-websockets',
    runtime: 'node',
    program: script('rpc-websockets'),
    sameWork: false,
  },
  {
    name: 'socket.io',
    summary: 'Socket.IO over a WebSocket, token in its middleware, an acknowledgement for each message',
    dialect: 'socket.io',
    runtime: 'node',
    program: script('socket.io'),
    sameWork: false,
  },
];

/** Bun's program out of the package for this system. Null where it is not installed or does not run here. */
export const findBun = (): string | null => {
  const folder = join(PACKAGES, '@oven');
  const found = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, 'bin', 'bun')) : [];
  return found.find((path) => spawnSync(path, ['--version']).status === 0) ?? null;
};

/** Of everything that is measured, by package. */
export const installedVersions = (): Readonly<Record<string, string>> => {
  const versionIn = (folder: string, name: string): string =>
    (JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version: string }).version;
  const rivals = ['ws', 'bufferutil', 'rpc-websockets', 'socket.io', 'bun'];
  return {
    'uWebSockets.js': versionIn(join(ROOT, 'node_modules'), 'uWebSockets.js'),
    ...Object.fromEntries(
      rivals
        .filter((name) => existsSync(join(PACKAGES, name)))
        .map((name) => [name, versionIn(PACKAGES, name)]),
    ),
  };
};
