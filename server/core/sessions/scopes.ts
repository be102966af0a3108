/** Scopes as bits, so that a check is one AND. */
import type { Scope } from '../../../schemas/define.js';

export const SCOPE_BIT: Readonly<Record<Scope, number>> = {
  chat: 1,
  channels: 2,
  memory: 4,
  skills: 8,
  status: 16,
  admin: 32,
};

export const scopeBits = (scopes: readonly Scope[]): number =>
  scopes.reduce((bits, scope) => bits | SCOPE_BIT[scope], 0);

/** In the order of the table above, whatever order they were given in. */
export const scopeNames = (bits: number): Scope[] =>
  (Object.keys(SCOPE_BIT) as Scope[]).filter((scope) => (bits & SCOPE_BIT[scope]) !== 0);
