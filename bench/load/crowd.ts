/** Very many connections of one process. */
import { type Counts, Member, type Site } from './member.js';

/** Beneath `gateway.max_unauthenticated_per_ip`, also where all of them come from one address. */
const JOINING_AT_ONCE = 50;
/** Connections that share an address: beneath `gateway.max_connections_per_ip`, and 28 000 ports are soon used up. */
const PER_ADDRESS = 900;
/** Linux has all of 127.0.0.0/8. */
const MANY_ADDRESSES = process.platform === 'linux';

export interface CrowdOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Of this crowd among others, 0 to 254: its members come from addresses of their own. */
  readonly ordinal: number;
}

export class Crowd {
  readonly #site: Site;
  readonly #ordinal: number;
  readonly #members: Member[] = [];
  #joined = 0;

  constructor({ host, port, token, ordinal }: CrowdOptions) {
    this.#ordinal = ordinal;
    this.#site = {
      host,
      port,
      token,
      counts: { open: 0, pings: 0, texts: 0, lost: {} },
      readBuffer: Buffer.alloc(64 * 1024),
      pongs: new Map(),
    };
  }

  get counts(): Counts {
    return this.#site.counts;
  }

  /** Grows to `size` members, each of them authenticated. Rejects with the first one's reason where one is refused. */
  async grow(size: number): Promise<void> {
    const joinSome = async (): Promise<void> => {
      while (this.#joined < size) {
        const at = this.#joined;
        this.#joined += 1;
        this.#members.push(await Member.join(this.#site, `load-${this.#ordinal}-${at}`, this.#address(at)));
      }
    };
    await Promise.all(Array.from({ length: JOINING_AT_ONCE }, joinSome));
  }

  leave(): void {
    for (const member of this.#members.splice(0)) member.leave();
  }

  #address(at: number): string | null {
    if (!MANY_ADDRESSES || !this.#site.host.startsWith('127.')) return null;
    return `127.0.${this.#ordinal + 1}.${1 + Math.floor(at / PER_ADDRESS)}`;
  }
}
