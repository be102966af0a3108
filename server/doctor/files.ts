/** The files of a home: who may read them, how old the tokens are, the certificate's dates, whether the store is whole. */
import { existsSync, statSync } from 'node:fs';
import type { Config } from '../../schemas/config.js';
import { readTokenFile, type TokenEntry, TokenFileError } from '../auth/token-file.js';
import { Inspections } from '../backends/memory/inspections.js';
import { SCHEMA_VERSION } from '../backends/memory/migrations.js';
import { MemoryError } from '../backends/memory/port.js';
import type { Home } from '../config/home.js';
import { certificateWarnings, loadCertificate, othersMay, TlsError } from '../socket/tls.js';
import { error, type Finding, fromSentence, ok, warning } from './finding.js';

const DAY_MS = 24 * 3600 * 1000;
const OLD_DAYS = 365;
const SOON_DAYS = 14;
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** A file that only its owner may read; null where there is none. */
const secretFile = (path: string): Finding | null => {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
  if (!othersMay(stats, OTHERS)) return ok('file modes', `${path} is ${mode}`);
  return error(
    'file modes',
    `${path} is ${mode}: others may use it`,
    `chmod ${stats.isDirectory() ? 700 : 600} ${path}`,
  );
};

export const fileModes = (
  home: Home,
  configFile: string,
  keyFiles: readonly string[],
): readonly Finding[] => {
  const secrets = [
    home.dir,
    home.tokensFile,
    home.localTokenFile,
    home.gatewayFile,
    home.databaseFile,
    home.chatHistoryFile,
    ...keyFiles,
  ];
  const findings = secrets.map(secretFile).filter((finding) => finding !== null);
  const config = statSync(configFile, { throwIfNoEntry: false });
  if (config !== undefined && (config.mode & OTHERS_WRITE) !== 0) {
    findings.push(error('file modes', `others may write ${configFile}`, `chmod go-w ${configFile}`));
  }
  return findings;
};

export const tokens = (home: Home, nowMs: number): readonly Finding[] => {
  if (!existsSync(home.tokensFile)) return [ok('tokens', 'there are none yet; the first start makes one')];
  let entries: readonly TokenEntry[];
  try {
    entries = readTokenFile(home.tokensFile);
  } catch (problem) {
    if (problem instanceof TokenFileError) return [fromSentence('tokens', problem.message)];
    throw problem;
  }
  const findings = entries.map((entry) => ageOf(entry, nowMs)).filter((finding) => finding !== null);
  const young = entries.length - findings.length;
  return [
    ...findings,
    ...(young > 0 ? [ok('tokens', `${young} of ${entries.length} are valid and young`)] : []),
  ];
};

const ageOf = ({ name, createdAtMs, expiresAtMs }: TokenEntry, nowMs: number): Finding | null => {
  if (expiresAtMs !== null && expiresAtMs <= nowMs) {
    return warning('tokens', `${name} has expired`, `openclaw token revoke ${name}`);
  }
  const leftDays = expiresAtMs === null ? null : Math.floor((expiresAtMs - nowMs) / DAY_MS);
  if (leftDays !== null && leftDays < SOON_DAYS) {
    return warning(
      'tokens',
      `${name} expires in ${leftDays} days`,
      'make another one with openclaw token create',
    );
  }
  const days = Math.floor((nowMs - createdAtMs) / DAY_MS);
  if (leftDays !== null || days < OLD_DAYS) return null;
  return warning('tokens', `${name} is ${days} days old and never expires`, 'replace it, with --expires');
};

export const certificate = ({ gateway: { tls } }: Config, nowMs: number): readonly Finding[] => {
  if (!tls.enabled) return [ok('certificate', 'TLS is off')];
  try {
    const loaded = loadCertificate(
      { certPath: tls.cert_path, keyPath: tls.key_path, minVersion: tls.min_version },
      nowMs,
    );
    const warnings = certificateWarnings(loaded, nowMs);
    if (warnings.length > 0) return warnings.map((each) => fromSentence('certificate', each, 'warning'));
    return [ok('certificate', `valid until ${new Date(loaded.expiresAtMs).toUTCString()}`)];
  } catch (problem) {
    if (problem instanceof TlsError) return [fromSentence('certificate', problem.message)];
    throw problem;
  }
};

/** @param alone no gateway has the database open */
export const store = async (home: Home, alone: boolean): Promise<readonly Finding[]> => {
  if (!existsSync(home.databaseFile)) return [ok('store', 'there is none yet; a gateway makes it')];
  const inspections = new Inspections(home.databaseFile, { alone });
  try {
    const version = await inspections.stats().then(
      ({ schemaVersion }) => schemaVersion,
      () => null,
    );
    // What a newer program has made cannot be judged.
    if (version !== null && version > SCHEMA_VERSION) {
      return [
        error(
          'store',
          `its schema version is ${version}, and this program knows only ${SCHEMA_VERSION}`,
          'start the newer version that wrote it, or put a backup of before that back: openclaw memory restore',
        ),
      ];
    }
    const { problems } = await inspections.check();
    if (problems.length === 0) {
      const next =
        version === SCHEMA_VERSION
          ? ''
          : `; the next start brings it from version ${version} to ${SCHEMA_VERSION}`;
      return [ok('store', `its database is whole${next}`)];
    }
    return problems.map(({ check, message }) =>
      error(
        'store',
        `${check}: ${message}`,
        'openclaw memory check says more; keep a copy, restore a backup',
      ),
    );
  } catch (problem) {
    if (!(problem instanceof MemoryError)) throw problem;
    return [error('store', problem.message.replace(/\.$/, ''), 'openclaw memory check says more')];
  } finally {
    await inspections.close();
  }
};
