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
  /** Where metrics and health checks are answered: `http://…`. */
  readonly operationsUrl?: string;
}

/** Leaves the file for commands to find; readable by this user alone, because what it says is trusted. */
export function writeGatewayFile(file: string, { operationsUrl, ...rest }: GatewayInfo): void {
  const info = { ...rest, ...(operationsUrl === undefined ? {} : { operations_url: operationsUrl }) };
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
  const { pid, url, fingerprint, operations_url: operationsUrl } = data as Record<string, unknown>;
  // Zero and negative pids would ask about process groups.
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null;
  if (typeof url !== 'string' || !/^wss?:\/\//.test(url)) return null;
  if (fingerprint !== undefined && typeof fingerprint !== 'string') return null;
  if (operationsUrl !== undefined && !isHttpUrl(operationsUrl)) return null;
  return {
    pid,
    url,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(operationsUrl === undefined ? {} : { operationsUrl }),
  };
}

const isHttpUrl = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith('http://') && URL.canParse(value);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return hasCode(error, 'EPERM');
  }
}
