/** What does the gateway itself cost for a message: decode, route, validate, handle, reply? */
import { Bench } from 'tinybench';
import { Dispatcher } from '../../server/core/rpc/dispatcher.js';
import { buildRoutes, type Handlers, RawJson } from '../../server/core/rpc/router.js';
import type { Lobbies } from '../../server/core/sessions/lobby.js';
import { NO_TRACER } from '../../server/core/telemetry/tracer.js';
import { systemClock } from '../../server/core/time/clock.js';
import { TurnClock } from '../../server/core/time/turn-clock.js';
import { createPrincipal, createSession, createShared, rateLimits } from './lib/peer.js';
import { report } from './lib/report.js';

const MESSAGES = 100;
const frame = new TextEncoder().encode(
  '{"jsonrpc":"2.0","method":"system.ping","params":{},"id":"req-0001"}',
);
const otherFrame = new TextEncoder().encode(
  '{"jsonrpc": "2.0", "method": "system.ping", "params": {}, "id": "req-0001"}',
);
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

const PONG = new RawJson('{"pong":true}');
const { shared } = createShared();
const { peer } = createSession(createPrincipal(), shared);
let endTurn = (): void => {};
const dispatcher = new Dispatcher({
  routes: buildRoutes({ 'system.ping': PONG } as unknown as Handlers, shared.metrics),
  // An authenticated peer never meets it.
  lobbies: null as unknown as Lobbies,
  metrics: shared.metrics,
  clock: new TurnClock(systemClock, (task) => {
    endTurn = task;
  }),
  rateLimits,
  trace: shared.trace,
  tracer: NO_TRACER,
  onFault: (_peer, _method, _traceId, error) => {
    throw error;
  },
});

/** The same exchange as it is usually written. */
const plain = (text: string): string => {
  const { method, id } = JSON.parse(text) as { method: string; id: string };
  if (method !== 'system.ping') throw new Error(method);
  return JSON.stringify({ jsonrpc: '2.0', result: { pong: true }, id });
};

const bench = new Bench({ time: 1000, warmupTime: 300 });
bench
  .add('JSON.parse, a comparison, JSON.stringify', () => {
    for (let i = 0; i < MESSAGES; i += 1) peer.send(plain(utf8.decode(frame)));
  })
  .add('the gateway, canonical spelling', () => {
    for (let i = 0; i < MESSAGES; i += 1) dispatcher.receive(peer, frame, frame.buffer, frame.byteOffset);
    endTurn();
  })
  .add('the gateway, any other spelling', () => {
    for (let i = 0; i < MESSAGES; i += 1)
      dispatcher.receive(peer, otherFrame, otherFrame.buffer, otherFrame.byteOffset);
    endTurn();
  })
  .add('decode alone', () => {
    for (let i = 0; i < MESSAGES; i += 1) utf8.decode(frame);
  });
await bench.run();
report('system.ping', bench, () => MESSAGES);
