/** Is there room on this machine for so many connections? Said before anything is started. */
import { descriptorLimit } from '../../server/ops/descriptors.js';
import { UsageError } from './options.js';

/** What a process holds besides connections; the gateway keeps as many back. */
const OWN_DESCRIPTORS = 256;

/**
 * Node.js has raised this process's limit as far as it may, and its children's will be the same.
 * @throws UsageError where neither a server nor the generators can hold that many
 */
export const checkRoom = (
  connections: number,
  processes: number,
  startsServer: boolean,
  limit: number | null = descriptorLimit(),
): void => {
  if (limit === null) return;
  const perProcess = limit - OWN_DESCRIPTORS;
  const most = startsServer ? perProcess : perProcess * processes;
  if (connections <= most) return;
  throw new UsageError(
    `A process may open ${limit} descriptors here, enough for ${most} connections: raise \`ulimit -n\` or ask for fewer.`,
  );
};
