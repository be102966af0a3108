import { CHANNEL_REQUIREMENTS } from './requirements-channels.js';
import { GUARD_REQUIREMENTS } from './requirements-guards.js';
import { REASONING_REQUIREMENTS } from './requirements-reasoning.js';
import { TRANSPORT_REQUIREMENTS } from './requirements-transport.js';

/**
 * What the product promises, clause by clause, each under an id that tests cite in their titles
 * with {@link req}. `gate.test.ts` fails where a clause has no test.
 *
 * Sources: T = the product's description (`gateway deep dive`), P1–P9 = the protocol page by
 * section, J4–J6 = JSON-RPC 2.0 by section.
 */
export const REQUIREMENTS = {
  ...TRANSPORT_REQUIREMENTS,
  ...CHANNEL_REQUIREMENTS,
  ...GUARD_REQUIREMENTS,
  ...REASONING_REQUIREMENTS,
  'P2-skill-not-found': '4042 where there is no such skill (section 2)',
  'P2-skill-failed': '5021 in skill.result where a skill failed (section 2)',
  'P4-trace': 'system.trace shows the frames of others (section 4)',
  'P4-memory-admin': 'memory.stats, backup, export, import, vacuum, check (section 4)',
  'P4-skill-admin': 'skill.approve and skill.call (section 4)',
  'P4-skill-events': 'skill.invoke and skill.result go to the followers of a channel (section 4)',
  'P9-shutdown':
    'SIGTERM and SIGINT end it with status 0, a second one at once, everything acknowledged kept (sections 5 and 9)',
  'P9-metrics': 'the metrics have a listener of their own (configuration)',
} as const satisfies Record<string, string>;

export type RequirementId = keyof typeof REQUIREMENTS;

/** Clauses that nothing fulfils yet: no test may cite them, and whoever builds one takes it out of here. */
export const NOT_BUILT_YET: ReadonlySet<RequirementId> = new Set(
  [] as const satisfies readonly RequirementId[],
);

/** The beginning of a test's title: the clauses it shows to hold. */
export const req = (...ids: [RequirementId, ...RequirementId[]]): string => `[${ids.join(' ')}]`;
