/** What does the live trace cost for a message, while nobody watches and while somebody does? */
import { Bench } from 'tinybench';
import { Dispatcher } from '../../server/core/rpc/dispatcher.js';
import { buildRoutes, type Handlers, RawJson } from '../../server/core/rpc/router.js';
import type { Lobbies } from '../../server/core/sessions/lobby.js';
import { NO_TRACER } from '../../server/core/telemetry/tracer.js';
import { systemClock } from '../../server/core/time/clock.js';
import { TurnClock } from '../../server/core/time/turn-clock.js';
import { Trace } from '../../server/core/trace/trace.js';
import { createPrincipal, createSession, createShared, rateLimits } from './lib/peer.js';
import { report } from './lib/report.js';

const MESSAGES = 100;
const frame = new TextEncoder().encode(
  '{"jsonrpc":"2.0","method":"system.ping","params":{},"id":"req-0001"}',
);

/** Answers `system.ping` so often, with a trace of its own. */
const gatewayWith = (makeTrace: (later: (task: () => void) => void) => Trace) => {
  let endTurn = (): void => {};
  let flush = (): void => {};
  const trace = makeTrace((task) => {
    flush = task;
  });
  const shared = { ...createShared().shared, trace };
  const { peer } = createSession(createPrincipal(), shared);
  const dispatcher = new Dispatcher({
    routes: buildRoutes(
      { 'system.ping': new RawJson('{"pong":true}') } as unknown as Handlers,
      shared.metrics,
    ),
    // An authenticated peer never meets it.
    lobbies: null as unknown as Lobbies,
    metrics: shared.metrics,
    clock: new TurnClock(systemClock, (task) => {
      endTurn = task;
    }),
    rateLimits,
    trace,
    tracer: NO_TRACER,
    onFault: (_peer, _method, _traceId, error) => {
      throw error;
    },
  });
  const run = (): void => {
    for (let i = 0; i < MESSAGES; i += 1) dispatcher.receive(peer, frame, frame.buffer, frame.byteOffset);
    endTurn();
    flush();
  };
  return { run, trace, shared };
};

const clock = systemClock;
const off = gatewayWith(() => new Trace({ clock, later: () => {}, sink: null }));
let lines = 0;
const debug = gatewayWith(
  () =>
    new Trace({
      clock,
      later: () => {},
      sink: () => {
        lines += 1;
      },
    }),
);
const watched = (verbose: boolean) => {
  const gateway = gatewayWith((later) => new Trace({ clock, later: (_ms, task) => later(task), sink: null }));
  gateway.trace.watch(createSession(createPrincipal(), gateway.shared), { verbose });
  return gateway;
};
const plain = watched(false);
const verbose = watched(true);
/** Away from everything else, so that nobody may leave the test undone. */
let tested = 0;

const bench = new Bench({ time: 1000, warmupTime: 300 });
bench
  .add('system.ping, trace off', off.run)
  .add('the test that is left of it then, alone', () => {
    for (let i = 0; i < MESSAGES; i += 1) if (off.trace.on) tested += 1;
  })
  .add('system.ping, trace on: gateway --debug', debug.run)
  .add('system.ping, trace on: gateway trace', plain.run)
  .add('system.ping, trace on: gateway trace --verbose', verbose.run);
await bench.run();
if (lines === 0 || tested > 0) throw new Error('what was to be on was off, or the other way round');
report('The live trace, for a message', bench, () => MESSAGES);
