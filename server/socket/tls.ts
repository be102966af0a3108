/** The certificate, checked before uWebSockets.js sees it: that says the same sentence for every fault, and accepts no certificate at all. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { AppOptions } from './uws.js';

export interface TlsFiles {
  readonly certPath: string;
  readonly keyPath: string;
  readonly minVersion: '1.2' | '1.3';
}

export interface Certificate {
  /** DNS names and addresses it is for, lower-case. */
  readonly names: readonly string[];
  /** SHA-256 of the certificate, as Node writes it. */
  readonly fingerprint: string;
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

const read = (path: string, key: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TlsError(
      `${key} names ${path}, which cannot be read (${code}); correct the path or the file's mode.`,
    );
  }
};

/** @throws TlsError where a file is missing, is not what it should be, does not match, or the certificate is out of date. */
export const loadCertificate = (files: TlsFiles, wallMs: number): Certificate => {
  const cert = read(files.certPath, 'gateway.tls.cert_path');
  const key = read(files.keyPath, 'gateway.tls.key_path');
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(cert);
  } catch {
    throw new TlsError(`gateway.tls.cert_path names ${files.certPath}, which is no PEM certificate.`);
  }
  try {
    createSecureContext({ cert, key });
  } catch {
    throw new TlsError(
      `gateway.tls.key_path names ${files.keyPath}, which is not the PEM key of ${files.certPath}.`,
    );
  }
  if (Date.parse(x509.validTo) <= wallMs) {
    throw new TlsError(`the certificate ${files.certPath} expired on ${x509.validTo}; renew it.`);
  }
  const names = (x509.subjectAltName ?? '')
    .split(', ')
    .map((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1]?.toLowerCase())
    .filter((name) => name !== undefined);
  return {
    names,
    fingerprint: x509.fingerprint256,
    appOptions: {
      cert_file_name: files.certPath,
      key_file_name: files.keyPath,
      ssl_ciphers: files.minVersion === '1.3' ? NO_TLS12_CIPHERS : MODERN_CIPHERS,
    },
  };
};
