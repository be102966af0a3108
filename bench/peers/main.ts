/** The gateway beside its rivals: `npm run bench:peers -- --help`. */
import { setMaxListeners } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Progress } from '../load/progress.js';
import { compare, stepsOf } from './compare.js';
import { findCores } from './cores.js';
import { type PeersOptions, readOptions, UsageError, usage } from './options.js';
import { formatResult } from './report.js';
import { nameOf, type PeersResult, resultOf } from './result.js';
import { findBun, installedVersions, ROOT } from './servers.js';

const run = async (options: PeersOptions, command: string, signal: AbortSignal): Promise<PeersResult> => {
  const cores = findCores();
  const bun = findBun();
  const needsBun = options.peers.filter(({ runtime }) => runtime === 'bun').map(({ name }) => name);
  if (bun === null && needsBun.length > 0) {
    throw new UsageError(
      `Bun does not run here: name the others with --only, without ${needsBun.join(' and ')}.`,
    );
  }
  const progress = new Progress();
  const { rounds } = options;
  const comparison = { ...options, cores, bun, signal };
  const all = stepsOf(comparison);
  let done = 0;
  try {
    const series = await compare({
      ...comparison,
      onStep: (peer, load, round) => {
        done += 1;
        progress.say(`${done} of ${all}: ${nameOf(load)}, round ${round + 1} of ${rounds}, ${peer.name}`);
      },
    });
    const { seconds, warmupSeconds } = options;
    const versions = installedVersions();
    const client = bun === null ? 'node' : 'bun';
    return resultOf(series, { command, versions, cores, client, rounds, seconds, warmupSeconds });
  } finally {
    progress.end();
  }
};

const interrupted = new AbortController();
// Every server and every client hears it.
setMaxListeners(0, interrupted.signal);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

try {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  if (options === null) process.stdout.write(usage());
  else {
    const command = ['npm run bench:peers', ...(args.length === 0 ? [] : ['--', ...args])].join(' ');
    const result = await run(options, command, interrupted.signal);
    process.stdout.write(formatResult(result));
    if (options.jsonFile !== null) {
      const file = resolve(ROOT, options.jsonFile);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
    }
  }
} catch (error) {
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${interrupted.signal.aborted ? 'Interrupted.' : sentence}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
