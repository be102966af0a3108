/** Is there room on this machine for so many connections? Said before anything is started. */
import { descriptorLimit } from '../../server/ops/descriptors.js';
import { UsageError } from './usage-error.js';

/** What a process holds besides connections; the gateway keeps as many back. */
const OWN_DESCRIPTORS = 256;

export interface Room {
  readonly processes: number;
  /** The server is started here, and shares the limit. */
  readonly startsServer: boolean;
  /** Of descriptors for a process, soft and hard: Node.js raises its own as far as it may, and its children's. */
  readonly limit?: number | null;
}

/** How many connections fit; null: nothing is known to stand in the way. */
const mostOf = ({ processes, startsServer, limit = descriptorLimit() }: Room): number | null => {
  if (limit === null) return null;
  const perProcess = limit - OWN_DESCRIPTORS;
  return startsServer ? perProcess : perProcess * processes;
};

const explain = ({ limit = descriptorLimit() }: Room, most: number): string =>
  `A process may open ${limit} descriptors here, enough for ${most} connections`;

/** @throws UsageError where neither a server nor the generators can hold that many */
export const checkRoom = (connections: number, room: Room): void => {
  const most = mostOf(room);
  if (most === null || connections <= most) return;
  throw new UsageError(`${explain(room, most)}: raise \`ulimit -n\` or ask for fewer.`);
};

/** The sizes that fit, the largest possible in place of those that do not; and a sentence where there were such. */
export const fitSizes = (
  sizes: readonly number[],
  room: Room,
): { readonly sizes: readonly number[]; readonly warning: string | null } => {
  const most = mostOf(room);
  if (most === null || sizes.every((size) => size <= most)) return { sizes, warning: null };
  const fitting = sizes.filter((size) => size < most);
  return {
    sizes: [...fitting, most],
    warning: `${explain(room, most)}: the sizes end there, and not at ${sizes.at(-1)}.`,
  };
};
