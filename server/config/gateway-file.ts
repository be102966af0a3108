/** `gateway.json`: how commands find the gateway that runs in a home (protocol section 9). */
import { readFileSync, rmSync } from 'node:fs';
import { hasCode } from './errors.js';
import { writeFileAtomically } from './write-file.js';

export interface GatewayInfo {
  readonly pid: number;
  /** `ws://…` or `wss://…`. */
  readonly url: string;
  /** SHA-256 of the TLS certificate; absent without TLS. */
  readonly fingerprint?: string;
}

/** Leaves the file for commands to find; readable by this user alone, because what it says is trusted. */
export function writeGatewayFile(file: string, { pid, url, fingerprint }: GatewayInfo): void {
  const info = { pid, url, ...(fingerprint === undefined ? {} : { fingerprint }) };
  writeFileAtomically(file, `${JSON.stringify(info, null, 2)}\n`);
}

/**
 * Reads the file.
 *
 * @returns null where there is none, it is damaged, or the process it names is gone (it was killed
 *   before it could remove it).
 */
export function readGatewayFile(file: string): GatewayInfo | null {
  const info = parse(file);
  return info !== null && isAlive(info.pid) ? info : null;
}

/** Removes the file if it names `pid`: a gateway that started since must stay findable. */
export function removeGatewayFile(file: string, pid: number): void {
  if (parse(file)?.pid === pid) rmSync(file, { force: true });
}

function parse(file: string): GatewayInfo | null {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
  if (typeof data !== 'object' || data === null) return null;
  const { pid, url, fingerprint } = data as Record<string, unknown>;
  // Zero and negative pids would ask about process groups.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null;
  if (typeof url !== 'string' || !/^wss?:\/\//.test(url)) return null;
  if (fingerprint === undefined) return { pid, url };
  return typeof fingerprint === 'string' ? { pid, url, fingerprint } : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return hasCode(error, 'EPERM');
  }
}
