/** The certificate that is presented, and what becomes of it when its files or what names them change. */
import { statSync } from 'node:fs';
import { type Certificate, certificateWarnings, loadCertificate, type TlsFiles } from './tls.js';

export interface CertificateKeeperOptions {
  readonly files: TlsFiles;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** Presents it to new connections. Throws an error for the operator where it cannot; nothing has changed then. */
  readonly present: (certificate: Certificate) => Promise<void>;
  /** False where a certificate is presented until the process ends. */
  readonly canPresent: () => boolean;
  /** One sentence for the operator. */
  readonly warn: (sentence: string) => void;
}

export type Renewal = 'same' | 'renewed' | 'needs-restart';

/**
 * Changes whenever a file does, be it written over, renamed over or reached by another symbolic link, as certbot and
 * Kubernetes renew. What cannot be read has a stamp, too.
 */
const stampOf = ({ certPath, keyPath }: TlsFiles): string =>
  [certPath, keyPath]
    .map((path) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
        return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    })
    .join('\n');

export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  #current: Certificate;
  /** Of the files as they were last judged. */
  #judged: string;
  /** Of the files as they were last looked at. */
  #seen: string;

  /** @throws TlsError where the files are not fit to start with. */
  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#judged = stampOf(options.files);
    this.#seen = this.#judged;
    this.#current = loadCertificate(options.files, options.wallMs());
    this.warn();
  }

  /** What is presented to new connections. */
  get current(): Certificate {
    return this.#current;
  }

  /** Whether {@link renew} can do more than to say that a restart is needed. */
  get canPresent(): boolean {
    return this.#options.canPresent();
  }

  /** Says what the operator should know of it; to be called daily. */
  warn(): void {
    for (const sentence of certificateWarnings(this.#current, this.#options.wallMs())) {
      this.#options.warn(sentence);
    }
  }

  /**
   * Reads the files, and presents what is in them if it differs. Not to be called again before it is settled.
   * @throws TlsError, or what `present` throws; the certificate stays as it is.
   */
  async renew(files: TlsFiles): Promise<Renewal> {
    this.#judged = stampOf(files);
    this.#seen = this.#judged;
    const loaded = loadCertificate(files, this.#options.wallMs());
    const differs = loaded.digest !== this.#current.digest;
    if (differs && !this.canPresent) return 'needs-restart';
    if (differs) await this.#options.present(loaded);
    this.#current = loaded;
    if (differs) this.warn();
    return differs ? 'renewed' : 'same';
  }

  /**
   * To be called every second or so: renews by itself where the files have changed. Only a change that is still the
   * same at the next call is one, since certificate and key are written one after the other. What is wrong with it is
   * told once.
   */
  async look(): Promise<Renewal> {
    const { files } = this.#current;
    const stamp = stampOf(files);
    const settled = stamp === this.#seen;
    this.#seen = stamp;
    if (!settled || stamp === this.#judged) return 'same';
    const renewal = await this.renew(files);
    if (renewal === 'needs-restart') {
      this.#options.warn(`the certificate ${files.certPath} has changed; restart the gateway to present it.`);
    }
    return renewal;
  }
}
