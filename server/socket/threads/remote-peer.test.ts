/** A session whose socket is in another thread: what is on its way is no backlog, and no sign of life either. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../../metrics/metrics.js';
import type { CloseName } from '../../../schemas/codes.js';
import { Principal } from '../../core/channels/principal.js';
import { Session, type SessionShared } from '../../core/sessions/session.js';
import { Pump } from '../../core/streams/pump.js';
import { TimerWheel } from '../../core/time/timer-wheel.js';
import { Trace } from '../../core/trace/trace.js';
import { type Carrier, RemotePeer } from './remote-peer.js';

const MIB = 1024 * 1024;
const SECOND_MS = 1000;
const MAX_BACKLOG_MS = 5 * SECOND_MS;
const MAX_REPLY_BACKLOG_BYTES = 4 * MIB;
/** Longer than what is looked at at once, and than a frame that counts as full. */
const REPLY = 'x'.repeat(64 * 1024);

const never = { intervalMs: 1e9, timeoutMs: 1e9, maxMissed: 1000 };

const setUp = () => {
  let nowMs = 0;
  const wheel = new TimerWheel(100, nowMs);
  let flush = (): void => {};
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs };
  const shared: SessionShared = {
    clock,
    trace: new Trace({ clock, later: () => {}, sink: null }),
    metrics: createMetrics(),
    wheel,
    pump: new Pump((task) => {
      flush = task;
    }),
    limits: { maxBacklogMs: MAX_BACKLOG_MS, maxReplyBacklogBytes: MAX_REPLY_BACKLOG_BYTES },
    rateLimits: { enabled: false, messagesPerSecond: 1, messagesPerMinute: 1, burstSize: 1, cooldownMs: 1 },
    heartbeatLimits: never,
    notificationSettings: { proactive: false, timezone: '' },
  };
  const closes: CloseName[] = [];
  const carrier: Carrier = {
    carry: (_peer, frame) => frame.length,
    hasRoom: true,
    admitted: () => {},
    close: (_peer, name) => closes.push(name),
  };
  const peer = new RemotePeer(carrier, 1, '127.0.0.1');
  const principal = new Principal('local', [{ channelId: 'default', name: 'default' }], () => {});
  const identity = {
    sessionId: 'sess-1',
    clientId: 'test-client',
    principal,
    scopeBits: 63,
    tokenHash: '',
    traceContext: null,
    ordinal: 0,
  };
  const session = new Session(peer, identity, principal.defaultChannel, shared);
  peer.session = session;
  return {
    closes,
    peer,
    session,
    endTurn: () => flush(),
    /** The thread has given so many bytes to the socket, which did not take all. */
    arrive: (bytes: number, backlogBytes = 0) => {
      peer.backlogBytes = backlogBytes;
      peer.arrived(bytes);
      session.arrived();
      flush();
    },
    pass: (ms: number) => {
      for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
        nowMs += 100;
        wheel.advance(nowMs);
      }
    },
  };
};

test('a client that takes all, and always has more on its way, is not one that has stopped reading', () => {
  const { session, peer, closes, arrive, endTurn, pass } = setUp();
  session.reply(REPLY);
  for (let seconds = 0; seconds < 20; seconds += 1) {
    session.reply(REPLY);
    endTurn();
    pass(SECOND_MS);
    arrive(REPLY.length);
    assert.ok(peer.unsentBytes > 0, 'the next one is on its way');
  }
  assert.deepEqual(closes, []);
});

test('what has arrived and is not taken is watched, though nothing more is sent', () => {
  const { session, closes, arrive, endTurn, pass } = setUp();
  session.sendFrame({ text: REPLY, bytes: REPLY.length, chunks: 0 });
  endTurn();
  arrive(REPLY.length, REPLY.length);
  pass(MAX_BACKLOG_MS - SECOND_MS);
  assert.deepEqual(closes, []);
  pass(2 * SECOND_MS);
  assert.deepEqual(closes, ['tryAgainLater']);
});

test('one reply is no backlog however large, two are, and none is before it has arrived', () => {
  const { session, closes, arrive, endTurn } = setUp();
  const large = 'x'.repeat(MAX_REPLY_BACKLOG_BYTES + MIB);
  session.reply(large);
  endTurn();
  arrive(large.length, large.length);
  assert.deepEqual(closes, []);
  for (let replies = 0; replies < 2; replies += 1) session.reply(large);
  endTurn();
  assert.deepEqual(closes, []);
  arrive(2 * large.length, 3 * large.length);
  assert.deepEqual(closes, ['tryAgainLater']);
});

test('once a large reply has gone, small ones are backlog as soon as they would be without it', () => {
  const { session, closes, arrive, endTurn } = setUp();
  const large = 'x'.repeat(2 * MAX_REPLY_BACKLOG_BYTES);
  session.reply(large);
  endTurn();
  arrive(large.length);
  let unsentBytes = 0;
  while (unsentBytes <= MAX_REPLY_BACKLOG_BYTES) {
    session.reply(REPLY);
    unsentBytes += REPLY.length;
  }
  endTurn();
  arrive(unsentBytes, unsentBytes);
  assert.deepEqual(closes, []);
  session.reply(REPLY);
  arrive(REPLY.length, unsentBytes + REPLY.length);
  assert.deepEqual(closes, ['tryAgainLater']);
});
