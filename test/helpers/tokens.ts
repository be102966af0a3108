/** Tokens for other principals and fewer scopes, made the way the command line makes them. */
import { randomBytes } from 'node:crypto';
import type { Scope } from '../../schemas/define.js';
import { hashToken, makeToken } from '../../server/auth/token.js';
import { TokenFile } from '../../server/auth/token-file.js';
import { withFileLock } from '../../server/config/lock.js';
import { writeFileAtomically } from '../../server/config/write-file.js';
import type { GatewayUnderTest } from './gateway.js';

/** The token file of a running gateway, as the commands write it. */
export const tokenFileOf = ({ home }: Pick<GatewayUnderTest, 'home'>): TokenFile =>
  new TokenFile(home.tokensFile, {
    withLock: (change) => withFileLock(home.tokensLock, change),
    writeFile: (path, text) => writeFileAtomically(path, text),
  });

/** A fresh token that the running gateway accepts; default: every scope but `admin`, no expiry. */
export const addToken = async (
  under: Pick<GatewayUnderTest, 'home'>,
  options: {
    readonly principal: string;
    readonly scopes?: readonly Scope[];
    readonly name?: string;
    readonly expiresAtMs?: number;
  },
): Promise<string> => {
  const token = makeToken('user');
  await tokenFileOf(under).add({
    tokenHash: hashToken(token),
    name: options.name ?? `test-${randomBytes(4).toString('hex')}`,
    principal: options.principal,
    scopes: options.scopes ?? ['chat', 'channels', 'memory', 'skills', 'status'],
    createdAtMs: Date.now(),
    expiresAtMs: options.expiresAtMs ?? null,
  });
  return token;
};
