/** The certificate, checked before uWebSockets.js sees it: that says the same sentence for every fault, and accepts no certificate at all. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, type Stats, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { AppOptions } from './uws.js';

export interface TlsFiles {
  readonly certPath: string;
  readonly keyPath: string;
  readonly minVersion: '1.2' | '1.3';
}

export interface Certificate {
  readonly files: TlsFiles;
  /** DNS names and addresses it is for, lower-case. */
  readonly names: readonly string[];
  /** SHA-256 of the certificate, as Node writes it. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
  /** {@link digestOf} the files as they were read. */
  readonly digest: string;
  /** Others than the key's owner can read it. */
  readonly keyIsExposed: boolean;
  readonly appOptions: AppOptions;
}

/** The message is one sentence for the operator. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
}

const MODERN_CIPHERS =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:' +
  'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305';
/** A TLS 1.2 suite that no client offers leaves only TLS 1.3, for which the library has no option. */
const NO_TLS12_CIPHERS = 'PSK-AES128-CBC-SHA';

const DAY_MS = 24 * 3600 * 1000;
/** From then on a warning; renewals by ACME clients are long done by then. */
const WARN_BEFORE_MS = 30 * DAY_MS;
const READABLE_BY_OTHERS = 0o044;

/**
 * Do others have any of these bits (`0o077`) of a file that should be this user's alone? One that belongs to somebody else and is given to a
 * group of this process to read, as a mounted Secret of Kubernetes is, can be had in no other way.
 */
export const othersMay = ({ mode, uid, gid }: Stats, bits: number): boolean => {
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
  const given = uid !== process.geteuid?.() && groups.includes(gid) ? 0o040 : 0;
  return (mode & bits & ~given) !== 0;
};

const read = (path: string, key: string): { readonly text: string; readonly stats: Stats } => {
  try {
    return { text: readFileSync(path, 'utf8'), stats: statSync(path) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TlsError(
      `${key} names ${path}, which cannot be read (${code}); correct the path or the file's mode.`,
    );
  }
};

const readFiles = ({ certPath, keyPath, minVersion }: TlsFiles) => {
  const { text: cert } = read(certPath, 'gateway.tls.cert_path');
  const { text: key, stats } = read(keyPath, 'gateway.tls.key_path');
  const digest = createHash('sha256')
    .update(JSON.stringify([cert, key, minVersion]))
    .digest('hex');
  return { cert, key, digest, keyIsExposed: othersMay(stats, READABLE_BY_OTHERS) };
};

/**
 * What tells one certificate, key and least version from another: changes with the contents of the files, wherever
 * they lie.
 * @throws TlsError where a file cannot be read.
 */
export const digestOf = (files: TlsFiles): string => readFiles(files).digest;

/**
 * Reads and checks.
 * @param wallMs milliseconds since the epoch
 * @throws TlsError where a file is missing, is not what it should be, does not match, or the certificate is out of date.
 */
export const loadCertificate = (files: TlsFiles, wallMs: number): Certificate => {
  const { certPath, keyPath, minVersion } = files;
  const { cert, key, digest, keyIsExposed } = readFiles(files);
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(cert);
  } catch {
    throw new TlsError(`gateway.tls.cert_path names ${certPath}, which is no PEM certificate.`);
  }
  try {
    createSecureContext({ cert, key });
  } catch {
    throw new TlsError(`gateway.tls.key_path names ${keyPath}, which is not the PEM key of ${certPath}.`);
  }
  const expiresAtMs = Date.parse(x509.validTo);
  if (expiresAtMs <= wallMs) {
    throw new TlsError(`the certificate ${certPath} expired on ${x509.validTo}; renew it.`);
  }
  if (Date.parse(x509.validFrom) > wallMs) {
    throw new TlsError(
      `the certificate ${certPath} is not valid before ${x509.validFrom}; correct the clock, or use one that is valid.`,
    );
  }
  const names = (x509.subjectAltName ?? '')
    .split(', ')
    .map((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1]?.toLowerCase())
    .filter((name) => name !== undefined);
  return {
    files,
    names,
    fingerprint: x509.fingerprint256,
    expiresAtMs,
    digest,
    keyIsExposed,
    appOptions: {
      cert_file_name: certPath,
      key_file_name: keyPath,
      ssl_ciphers: minVersion === '1.3' ? NO_TLS12_CIPHERS : MODERN_CIPHERS,
    },
  };
};

/** That it expires within 30 days, or has; the same words every day. Null while there is time. */
export const expirySentence = (
  { files: { certPath }, expiresAtMs }: Certificate,
  wallMs: number,
): string | null => {
  if (expiresAtMs - wallMs >= WARN_BEFORE_MS) return null;
  const verb = expiresAtMs <= wallMs ? 'expired' : 'expires';
  return `The certificate ${certPath} ${verb} on ${new Date(expiresAtMs).toUTCString()}; renew it.`;
};

/** What the operator should be warned of while the certificate serves, one sentence each. */
export const certificateWarnings = (
  { files: { certPath, keyPath }, expiresAtMs, keyIsExposed }: Certificate,
  wallMs: number,
): readonly string[] => {
  const warnings: string[] = [];
  if (keyIsExposed) {
    warnings.push(`gateway.tls.key_path names ${keyPath}, which other users can read; chmod 600 it.`);
  }
  const leftMs = expiresAtMs - wallMs;
  const when = new Date(expiresAtMs).toUTCString();
  if (leftMs <= 0) warnings.push(`the certificate ${certPath} expired on ${when}; renew it.`);
  else if (leftMs < WARN_BEFORE_MS) {
    warnings.push(
      `the certificate ${certPath} expires in ${Math.floor(leftMs / DAY_MS)} days, on ${when}; renew it.`,
    );
  }
  return warnings;
};
