/** What the system allows: descriptors, and the kernel's settings for many connections (Linux). */
import { readFileSync } from 'node:fs';
import { descriptorLimit } from '../ops/descriptors.js';
import { error, type Finding, ok, warning } from './finding.js';

/** Descriptors that are not connections: files, threads, providers. As the gateway reckons. */
const KEPT_BACK = 256;

export const descriptors = (maxConnections: number, limit = descriptorLimit()): Finding => {
  if (limit === null) return ok('descriptors', 'the system sets no limit');
  const places = Math.max(0, limit - KEPT_BACK);
  if (places >= maxConnections) return ok('descriptors', `${limit}, for ${maxConnections} connections`);
  const message = `${limit} are allowed, which is ${places} connections instead of ${maxConnections}`;
  const advice = `raise it (ulimit -n, LimitNOFILE= of systemd) to ${maxConnections + KEPT_BACK}, or lower gateway.max_connections`;
  return places < 100 ? error('descriptors', message, advice) : warning('descriptors', message, advice);
};

/** A setting, from how many connections on it matters, and the least it should be then. */
const SETTINGS = [
  { name: 'net.core.somaxconn', from: 1000, least: () => 4096 },
  { name: 'net.ipv4.tcp_max_syn_backlog', from: 10_000, least: () => 4096 },
  { name: 'fs.file-max', from: 1, least: (connections: number) => 2 * connections },
  { name: 'net.netfilter.nf_conntrack_max', from: 1000, least: (connections: number) => 2 * connections },
] as const;

const readSetting = (name: string): number | null => {
  try {
    const value = Number(readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim());
    return Number.isFinite(value) ? value : null;
  } catch {
    // Another system, or a module that is not loaded.
    return null;
  }
};

export const kernel = (
  maxConnections: number,
  read: (name: string) => number | null = readSetting,
): readonly Finding[] =>
  SETTINGS.flatMap(({ name, from, least }) => {
    const value = read(name);
    if (value === null || maxConnections < from) return [];
    const wanted = least(maxConnections);
    if (value >= wanted) return [ok('kernel', `${name} = ${value}`)];
    const message = `${name} = ${value} is little for ${maxConnections} connections`;
    return [warning('kernel', message, `sysctl -w ${name}=${wanted}`)];
  });
