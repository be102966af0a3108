/** The network between everybody and the gateway is gone for a moment: all come back at once and go on where they were. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Json } from '../helpers/client.js';
import { Member } from '../helpers/crowd.js';
import { embeddedReply, engine } from '../helpers/engine.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { startNeighbour } from '../helpers/neighbour.js';
import { noCrowdOf, until } from '../helpers/system.js';

const CLIENTS = 5000;
const AT_ONCE = 100;
/** At this pace the reply runs for as long as the crowd is coming and going. */
const CHUNK_DELAY_MS = 250;
const MESSAGE = 'word '.repeat(1000);
const MAX_P99_MS = 500;

/** What one of the crowd holds of the reply, over both of its connections. */
class Reader {
  text = '';
  nextIndex = 0;
  ended: string | null = null;
  wrong: string | null = null;

  take = (method: string, { chunk, index, span = 1, finish_reason }: Json): void => {
    if (method === 'chat.stream') {
      if (index !== this.nextIndex) this.wrong ??= `chunk ${index} where ${this.nextIndex} was due`;
      this.nextIndex = index + span;
      this.text += chunk;
    }
    if (method === 'chat.complete') this.ended = finish_reason;
  };
}

test('5 000 clients that have lost their connection come back at once; each resumes its session and the reply it was reading', {
  skip: noCrowdOf(CLIENTS),
  timeout: 120_000,
}, async (t) => {
  const homeDir = temporaryFolder(t);
  const config = (chunkDelayMs: number): string => engine(chunkDelayMs, { heartbeat_interval: 600 });
  const under = await startGatewayProcess(t, { homeDir, config: config(CHUNK_DELAY_MS) });
  const members: Member[] = [];
  atEnd(t, () => {
    for (const { socket } of members) socket.terminate();
  });
  const readers = Array.from({ length: CLIENTS }, () => new Reader());
  const comeIn = async (at: number, resume?: Json): Promise<Member> => {
    const { take } = readers[at] as Reader;
    const member = await Member.join({
      ...under,
      at,
      onNotification: take,
      ...(resume === undefined ? {} : { resume }),
    });
    members.push(member);
    return member;
  };
  const first: Member[] = [];
  for (let at = 0; at < CLIENTS; at += AT_ONCE) {
    first.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, more) => comeIn(at + more)))));
  }
  const neighbour = await startNeighbour(t, under);
  const writer = await under.login();
  const { message_id } = await writer.call('chat.send', { message: MESSAGE });
  await until(() => readers.every(({ nextIndex }) => nextIndex > 0), 'the first words for all');

  const lostMs = performance.now();
  const closed = Promise.all(first.map((member) => member.closed));
  for (const { socket } of first) socket.terminate();
  await closed;
  const second = await Promise.all(
    first.map(({ handshake }, at) => {
      const after_index = (readers[at]?.nextIndex ?? 0) - 1;
      return comeIn(at, { session_id: handshake.session_id, streams: [{ message_id, after_index }] });
    }),
  );
  const backMs = performance.now() - lostMs;
  const { p99Ms, longestMs } = await neighbour.stop();
  assert.equal(second.filter(({ handshake }) => handshake.resumed).length, CLIENTS);
  assert.deepEqual(
    second.filter(({ handshake }, at) => handshake.session_id !== first[at]?.handshake.session_id),
    [],
  );
  assert.equal(writer.notifications('chat.complete').length, 0, 'the reply runs on while they come back');
  assert.equal((await writer.call('system.status')).active_connections, CLIENTS + 1);

  writeFileSync(join(homeDir, 'config.toml'), config(0));
  await writer.call('system.reload');
  await writer.complete(message_id);
  await until(() => readers.every(({ ended }) => ended !== null), 'the end of the reply for all');
  const whole = embeddedReply(MESSAGE);
  assert.deepEqual(
    readers.filter(({ text, ended, wrong }) => wrong !== null || ended !== 'stop' || text !== whole),
    [],
  );
  t.diagnostic(
    `${CLIENTS} back after ${(backMs / 1000).toFixed(1)} s; a neighbour’s ping: p99 ${p99Ms.toFixed(0)} ms, longest ${longestMs.toFixed(0)} ms`,
  );
  assert.ok(p99Ms < MAX_P99_MS, `p99 ${p99Ms} ms`);
});
