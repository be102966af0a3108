/** Who may come in: the tokens of the home, who has failed too often, when each token was used last, and whose has ended. */
import type { Scope } from '../schemas/define.js';
import { Authenticator } from './auth/authenticator.js';
import { ensureLocalToken } from './auth/first-start.js';
import { FailureThrottle } from './auth/throttle.js';
import { TokenFile } from './auth/token-file.js';
import type { MemoryPort } from './backends/memory/port.js';
import type { Home } from './config/home.js';
import { withFileLock } from './config/lock.js';
import { writeFileAtomically } from './config/write-file.js';
import type { Verdict } from './core/sessions/lobby.js';
import type { Clock } from './core/time/clock.js';
import { type Environment, readBootstrapToken } from './keys.js';

export interface OpenEntranceOptions {
  readonly home: Home;
  readonly clock: Clock;
  readonly env: Environment;
  readonly acceptDebugToken: boolean;
  /** The token file cannot be read any more; the tokens known so far stay. A sentence for the operator. */
  readonly onFault: (sentence: string) => void;
}

export interface Entrance {
  authenticate(token: string, address: string): Verdict;
  /** Whether a token that was accepted before still counts. */
  isValid(tokenHash: string): boolean;
  /** Principals with a token of this scope that counts now. */
  principalsWith(scope: Scope): ReadonlySet<string>;
  /** Notes that a token was used now; kept until it is stored with others. */
  used(tokenHash: string): void;
  storeUses(memory: MemoryPort): Promise<void>;
  /** Looks at the file again. @returns hashes of the tokens that have ended since */
  ended(): ReadonlySet<string>;
}

/** Makes the token of this machine's own commands where there is none. @throws TokenFileError, KeyError */
export const openEntrance = async (options: OpenEntranceOptions): Promise<Entrance> => {
  const { home, clock, env, acceptDebugToken, onFault } = options;
  const writeFile = (path: string, text: string): void => writeFileAtomically(path, text);
  const tokens = new TokenFile(home.tokensFile, {
    withLock: (change) => withFileLock(home.tokensLock, change),
    writeFile,
  });
  const given = readBootstrapToken(env);
  await ensureLocalToken({ tokens, path: home.localTokenFile, writeFile, nowMs: clock.wallMs(), given });
  const authenticator = new Authenticator({
    path: home.tokensFile,
    throttle: new FailureThrottle(),
    acceptDebugToken,
    onFault,
  });
  const uses = new Map<string, number>();
  return {
    authenticate: (token, address) => {
      const verdict = authenticator.authenticate(token, address, clock.wallMs(), clock.nowMs());
      if (verdict.outcome === 'accepted') return { ok: true, ...verdict.identity };
      return { ok: false, retryAfterMs: verdict.outcome === 'throttled' ? verdict.retryAfterMs : null };
    },
    isValid: (tokenHash) => authenticator.isValid(tokenHash, clock.wallMs()),
    principalsWith: (scope) => authenticator.principalsWith(scope, clock.wallMs()),
    used: (tokenHash) => {
      uses.set(tokenHash, clock.wallMs());
    },
    storeUses: async (memory) => {
      const noted = [...uses];
      uses.clear();
      await Promise.all(noted.map(([hash, atMs]) => memory.tokenUsed(hash, atMs)));
    },
    ended: () => new Set(authenticator.checkForChange(clock.wallMs())),
  };
};
