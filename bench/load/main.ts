/** Load on a server from many connections: `npm run bench:load -- --help`. */
import { writeFileSync } from 'node:fs';
import { Fleet } from './fleet.js';
import { type LoadOptions, readOptions, UsageError, usage } from './options.js';
import { Progress } from './progress.js';
import { describeMachine, formatResult, type Result, VERSION_MEASURED } from './report.js';
import { checkRoom } from './room.js';
import { figure, type Scenario } from './scenario.js';
import { idle } from './scenarios/idle.js';
import { runningTarget, startTarget } from './target.js';
import { type Watched, warningsOf, watch } from './watch.js';

const SCENARIOS: readonly Scenario[] = [idle];

const run = async (options: LoadOptions): Promise<Result> => {
  const { scenario, server, running, connections, seconds, heartbeatSeconds, processes } = options;
  checkRoom(connections, processes, running === null);
  const parameters = { connections, seconds, heartbeatSeconds };
  const progress = new Progress();
  const target =
    running === null
      ? await startTarget({ server, heartbeatSeconds, nodeFlags: options.nodeFlags })
      : runningTarget(running.url, running.token, running.pid);
  let fleet: Fleet | null = null;
  try {
    fleet = await Fleet.start({ url: target.url, token: target.token, processes });
    const crowd = fleet;
    let latest: Watched | null = null;
    const figures = [
      ...(await scenario.run({
        parameters,
        target,
        fleet: crowd,
        progress: (sentence) => progress.say(sentence),
        grow: (size) => crowd.grow(size, (open) => progress.count('Connecting', open, connections)),
        watch: async (forSeconds) => {
          latest = await watch(target, crowd, forSeconds);
          return latest.window;
        },
      })),
    ];
    // Assigned in a closure, which the compiler does not see.
    const watched = latest as Watched | null;
    if (watched !== null) {
      figures.push(
        figure('processor time of the clients', 100 * watched.clientsShare, '% of a core'),
        figure('processor time of other programs', 100 * watched.elseShare, '% of the machine'),
      );
    }
    return {
      scenario: scenario.name,
      server: running?.url ?? server,
      version: VERSION_MEASURED,
      machine: describeMachine(),
      parameters,
      figures,
      warnings: watched === null ? [] : warningsOf(watched),
    };
  } finally {
    progress.end();
    await fleet?.end();
    await target.end();
  }
};

try {
  const options = readOptions(process.argv.slice(2), SCENARIOS);
  if (options === null) process.stdout.write(usage(SCENARIOS));
  else {
    const result = await run(options);
    process.stdout.write(formatResult(result));
    if (options.jsonFile !== null) writeFileSync(options.jsonFile, `${JSON.stringify(result, null, 2)}\n`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
