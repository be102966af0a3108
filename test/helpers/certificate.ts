/** Self-signed certificates by the `openssl` program. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

export interface CertificateFiles {
  readonly certPath: string;
  readonly keyPath: string;
}

/**
 * Makes a key and a certificate for it in a folder.
 * @param name of the two files
 * @param subjectAltName such as `DNS:gateway.example,IP:127.0.0.1`
 * @param days valid from now on; 0: it has expired when it is made
 */
export const makeCertificate = (
  dir: string,
  { name = 'gateway', subjectAltName = 'DNS:localhost,IP:127.0.0.1', days = 1 } = {},
): CertificateFiles => {
  const files = { certPath: join(dir, `${name}.cert.pem`), keyPath: join(dir, `${name}.key.pem`) };
  const requestPath = join(dir, `${name}.csr.pem`);
  const extensionsPath = join(dir, `${name}.ext`);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' });
  };
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    files.keyPath,
  ];
  openssl('req', '-new', ...key, '-subj', `/CN=${name}`, '-out', requestPath);
  // In two steps: `req -x509` makes no certificate of 0 days.
  writeFileSync(extensionsPath, `subjectAltName=${subjectAltName}\n`);
  const signed = ['-signkey', files.keyPath, '-days', `${days}`, '-extfile', extensionsPath];
  openssl('x509', '-req', '-in', requestPath, ...signed, '-out', files.certPath);
  return files;
};

/** The text of `[gateway.tls]` that serves them. */
export const tlsConfig = ({ certPath, keyPath }: CertificateFiles, rest = ''): string =>
  `[gateway.tls]\nenabled = true\ncert_path = "${certPath}"\nkey_path = "${keyPath}"\n${rest}`;
