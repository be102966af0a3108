/** How many connections there are, in all and from each address, and whether one more may come (protocol section 1). */
export interface AdmissionLimits {
  maxConnections: number;
  /** 0: no limit; likewise below. */
  maxConnectionsPerAddress: number;
  maxUnauthenticated: number;
  maxUnauthenticatedPerAddress: number;
}

/** Whose fault it is: ours (HTTP 503) or the address's (HTTP 429, RFC 6585 section 4). */
export type AdmissionRefusal = 'gateway-full' | 'address-full';

interface Counts {
  connections: number;
  unauthenticated: number;
}

const reached = (count: number, limit: number): boolean => limit > 0 && count >= limit;

export class Admission {
  /** Read at every decision, so that a reload takes effect at once. */
  readonly limits: AdmissionLimits;
  readonly #addresses = new Map<string, Counts>();
  #connections = 0;
  #unauthenticated = 0;

  constructor(limits: AdmissionLimits) {
    this.limits = limits;
  }

  get connections(): number {
    return this.#connections;
  }

  get unauthenticated(): number {
    return this.#unauthenticated;
  }

  /** Null where one more connection from that address may come. */
  refusal(addressKey: string): AdmissionRefusal | null {
    const { limits } = this;
    if (this.#connections >= limits.maxConnections) return 'gateway-full';
    if (reached(this.#unauthenticated, limits.maxUnauthenticated)) return 'gateway-full';
    const counts = this.#addresses.get(addressKey);
    if (counts === undefined) return null;
    if (reached(counts.connections, limits.maxConnectionsPerAddress)) return 'address-full';
    if (reached(counts.unauthenticated, limits.maxUnauthenticatedPerAddress)) return 'address-full';
    return null;
  }

  /** Null where one more connection may come: it is let in. */
  tryEnter(addressKey: string): AdmissionRefusal | null {
    const refusal = this.refusal(addressKey);
    if (refusal === null) this.enter(addressKey);
    return refusal;
  }

  /** A connection has been let in; it counts as unauthenticated. */
  enter(addressKey: string): void {
    const counts = this.#addresses.get(addressKey);
    if (counts === undefined) this.#addresses.set(addressKey, { connections: 1, unauthenticated: 1 });
    else {
      counts.connections += 1;
      counts.unauthenticated += 1;
    }
    this.#connections += 1;
    this.#unauthenticated += 1;
  }

  /** A connection has authenticated. Once for each that entered, at most. */
  authenticated(addressKey: string): void {
    this.#noLongerStranger(addressKey);
  }

  #noLongerStranger(addressKey: string): void {
    const counts = this.#addresses.get(addressKey);
    if (counts !== undefined) counts.unauthenticated -= 1;
    this.#unauthenticated -= 1;
  }

  /** A connection has gone. Once for each that entered. */
  leave(addressKey: string, wasAuthenticated: boolean): void {
    if (!wasAuthenticated) this.#noLongerStranger(addressKey);
    const counts = this.#addresses.get(addressKey);
    if (counts !== undefined) {
      counts.connections -= 1;
      if (counts.connections === 0) this.#addresses.delete(addressKey);
    }
    this.#connections -= 1;
  }
}
