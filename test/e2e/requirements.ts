/**
 * What the product promises, clause by clause, each under an id that tests cite in their titles
 * with {@link req}. `gate.test.ts` fails where a clause has no test.
 *
 * Sources: T = the product's description (`gateway deep dive`), P1–P9 = the protocol page by
 * section, J4–J6 = JSON-RPC 2.0 by section.
 */
export const REQUIREMENTS = {
  'J4-version': 'jsonrpc MUST be exactly "2.0"',
} as const satisfies Record<string, string>;

export type RequirementId = keyof typeof REQUIREMENTS;

/** The beginning of a test's title: the clauses it shows to hold. */
export const req = (...ids: [RequirementId, ...RequirementId[]]): string => `[${ids.join(' ')}]`;
