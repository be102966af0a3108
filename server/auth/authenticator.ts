/**
 * Who is behind a token: what the gateway asks at a handshake, and whom it must let go of later
 * (protocol section 3). Answers come from memory; the disk is touched by a `stat` and, where that
 * differs, by reading a small file.
 */
import { statSync } from 'node:fs';
import type { Scope } from '../../schemas/define.js';
import { addressKey, isLoopbackAddress } from './address.js';
import { DEFAULT_SCOPES } from './scopes.js';
import type { FailureThrottle } from './throttle.js';
import { hashToken, sameTokenHash } from './token.js';
import { readTokenFile, type TokenEntry, TokenFileError } from './token-file.js';

/** What a valid token stands for. */
export interface Identity {
  /** Names the token in memory and in the database; not a secret, and no way back to the token. */
  readonly tokenHash: string;
  readonly name: string;
  readonly principal: string;
  readonly scopes: readonly Scope[];
  /** Milliseconds since the epoch; null: never. */
  readonly expiresAtMs: number | null;
}

export type Authentication =
  | { readonly outcome: 'accepted'; readonly identity: Identity }
  /** No such token, or one that has expired: the client learns no difference. */
  | { readonly outcome: 'refused' }
  /** The same, unseen: this address has failed too often. */
  | { readonly outcome: 'throttled'; readonly retryAfterMs: number };

interface AuthenticatorOptions {
  /** Path of `tokens.toml`. */
  readonly path: string;
  readonly throttle: FailureThrottle;
  /** Also accept `oc_local_debug`. Only for `--debug` on a loopback address: everybody knows that token. */
  readonly acceptDebugToken: boolean;
  /** Hears, once per fault, one sentence about a token file that broke while running. */
  readonly onFault: (sentence: string) => void;
}

/** The token that `--debug` accepts, as the product's text writes it. */
export const DEBUG_TOKEN = 'oc_local_debug';

const DEBUG_IDENTITY: Identity = {
  tokenHash: hashToken(DEBUG_TOKEN),
  name: 'debug',
  principal: 'local',
  scopes: DEFAULT_SCOPES,
  expiresAtMs: null,
};

const isExpired = (identity: Identity, nowMs: number): boolean =>
  identity.expiresAtMs !== null && identity.expiresAtMs <= nowMs;

const sameRights = (left: Identity, right: Identity): boolean =>
  left.principal === right.principal &&
  left.scopes.length === right.scopes.length &&
  left.scopes.every((scope) => right.scopes.includes(scope));

/** Changes whenever the file may have changed: replaced, rewritten, touched, made or deleted. */
const versionOf = (path: string): string => {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
};

/** Holds the valid tokens in memory. Synchronous; time is always an argument, in milliseconds since the epoch unless it says otherwise. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #identities: ReadonlyMap<string, Identity>;
  #version: string;
  /** What was last wrong with the file; empty: nothing. */
  #fault = '';
  /** What was accepted and not yet taken back, as it was then: the tokens that may have connections. */
  readonly #accepted = new Map<string, Identity>();

  /** @throws TokenFileError where the file is broken from the start: no token would be valid. */
  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#version = versionOf(options.path);
    this.#identities = this.#load();
  }

  /**
   * Judges the token of one handshake.
   *
   * @param address of the peer as text, for the throttle; never believed from a header here.
   * @param wallMs since the epoch, for expiry
   * @param nowMs monotonic, for the throttle: setting the wall clock forgives nobody
   */
  authenticate(token: string, address: string, wallMs: number, nowMs: number): Authentication {
    const tokenHash = hashToken(token);
    let identity = this.#findFor(address, tokenHash, wallMs);
    if (identity === null) {
      // It may have been made a moment ago. Where the file is as it was, this costs one look at its date.
      this.#reloadIfChanged();
      identity = this.#findFor(address, tokenHash, wallMs);
      if (identity === null) {
        const { throttle } = this.#options;
        const key = addressKey(address);
        const retryAfterMs = throttle.retryAfterMs(key, nowMs);
        if (retryAfterMs > 0) return { outcome: 'throttled', retryAfterMs };
        throttle.recordFailure(key, nowMs);
        return { outcome: 'refused' };
      }
    }
    // The first acceptance stays what later ones are compared with: a connection may still have its rights.
    if (!this.#accepted.has(tokenHash)) this.#accepted.set(tokenHash, identity);
    return { outcome: 'accepted', identity };
  }

  /** Is the token of that hash valid, as far as the file has been read? */
  isValid(tokenHash: string, nowMs: number): boolean {
    const identity = this.#identities.get(tokenHash);
    return identity !== undefined && !isExpired(identity, nowMs);
  }

  /**
   * Looks whether the file has changed and returns the hashes of the tokens that were accepted since the start and
   * are valid no longer: revoked, expired at `nowMs`, or given other rights. Each is returned once; the
   * connections that came with it must be closed. Call it about twice a second.
   */
  checkForChange(nowMs: number): readonly string[] {
    this.#reloadIfChanged();
    const ended: string[] = [];
    for (const [tokenHash, accepted] of this.#accepted) {
      const current = this.#find(tokenHash, nowMs);
      if (current !== null && sameRights(accepted, current)) continue;
      this.#accepted.delete(tokenHash);
      ended.push(tokenHash);
    }
    return ended;
  }

  /** The principals that have a valid token with `scope`, as far as the file has been read. */
  principalsWith(scope: Scope, nowMs: number): ReadonlySet<string> {
    const names = new Set<string>();
    for (const identity of this.#identities.values()) {
      if (identity.scopes.includes(scope) && !isExpired(identity, nowMs)) names.add(identity.principal);
    }
    return names;
  }

  /** The valid identity of a hash. V8 seeds its string hashes, so the Map's timing tells nothing that adds up. */
  #find(tokenHash: string, nowMs: number): Identity | null {
    const identity = this.#identities.get(tokenHash);
    if (identity === undefined || !sameTokenHash(identity.tokenHash, tokenHash)) return null;
    return isExpired(identity, nowMs) ? null : identity;
  }

  /** Everybody knows the debug token: it is for this machine's own clients, whatever stands in front of the gateway. */
  #findFor(address: string, tokenHash: string, wallMs: number): Identity | null {
    const identity = this.#find(tokenHash, wallMs);
    return identity === DEBUG_IDENTITY && !isLoopbackAddress(address) ? null : identity;
  }

  #reloadIfChanged(): void {
    const version = versionOf(this.#options.path);
    if (version === this.#version) return;
    try {
      this.#identities = this.#load();
      this.#fault = '';
    } catch (error) {
      if (!(error instanceof TokenFileError)) throw error;
      // Writes are atomic, so this is a real fault, and no reason to throw out everybody: the tokens known so far
      // stay, every other one is refused. It is reported once.
      if (error.message !== this.#fault) this.#options.onFault(error.message);
      this.#fault = error.message;
      // What could not be read is tried again: a revocation may stand in it.
      if (error.unreadable) return;
    }
    // Taken before the file was read: a change in between is found by the next look.
    this.#version = version;
  }

  #load(): ReadonlyMap<string, Identity> {
    const entries = readTokenFile(this.#options.path);
    const identities = new Map<string, Identity>(
      entries.map((entry) => [entry.tokenHash, identityOf(entry)]),
    );
    if (this.#options.acceptDebugToken) identities.set(DEBUG_IDENTITY.tokenHash, DEBUG_IDENTITY);
    return identities;
  }
}

const identityOf = ({ tokenHash, name, principal, scopes, expiresAtMs }: TokenEntry): Identity => ({
  tokenHash,
  name,
  principal,
  scopes,
  expiresAtMs,
});
