/** A thousand followers of one reply, of whom one in ten has stopped reading. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../helpers/client.js';
import { crowdAddress, Member } from '../helpers/crowd.js';
import { embeddedReply, engine } from '../helpers/engine.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { noCrowdOf, residentBytes, until } from '../helpers/system.js';

const FOLLOWERS = 1000;
const MIB = 1024 * 1024;
const MAX_GROWTH_BYTES = 64 * MIB;
/** Together, with their replies, more than the kernel takes for one connection that nobody reads; one alone is little. */
const FLOODS = 96;
const FLOOD = `${'f'.repeat(1023)} `.repeat(32);
const MESSAGE = `${'é'.repeat(127)} `.repeat(256);

/** What one follower has received, checked as it comes; the text itself is known and not kept. */
class Listener {
  units = 0;
  ended = 0;
  wrong: string | null = null;
  readonly #expected: string;
  #dueIndex = 0;

  constructor(expected: string) {
    this.#expected = expected;
  }

  take(method: string, { chunk, index, span = 1, finish_reason }: Json): void {
    if (method === 'chat.stream') {
      if (index !== this.#dueIndex) this.wrong ??= `chunk ${index} where ${this.#dueIndex} was due`;
      if (!this.#expected.startsWith(chunk, this.units)) this.wrong ??= `another text at ${this.units}`;
      this.#dueIndex += span;
      this.units += chunk.length;
    }
    if (method === 'chat.complete') {
      if (finish_reason !== 'stop') this.wrong ??= finish_reason;
      this.ended += 1;
    }
  }

  get whole(): boolean {
    return this.wrong === null && this.ended === 1 && this.units === this.#expected.length;
  }
}

test('one in ten of 1 000 followers stops reading: the others miss nothing and wait for nobody, all get the same text, the gateway does not grow', {
  skip: noCrowdOf(FOLLOWERS),
  timeout: 120_000,
}, async (t) => {
  const under = await startGatewayProcess(t, {
    homeDir: temporaryFolder(t),
    config: engine(0, { max_message_bytes: 16 * MIB, max_backlog_seconds: 600, heartbeat_interval: 600 }),
  });
  const pid = under.process.child.pid ?? 0;
  const expected = embeddedReply(MESSAGE);

  const sleeps = (at: number): boolean => at % 10 === 0;
  const listeners = Array.from({ length: FOLLOWERS }, () => new Listener(expected));
  /** How many of the replies that nobody was to read each sleeper has seen the end of. */
  const floodsEnded = new Map<number, number>();
  const members: Member[] = [];
  atEnd(t, () => {
    for (const { socket } of members) socket.terminate();
  });
  const join = (at: number): Promise<Member> =>
    Member.join({
      ...under,
      at,
      onNotification: (method, params) => {
        if (params.channel === 'default') listeners[at]?.take(method, params);
        else if (method === 'chat.complete') floodsEnded.set(at, (floodsEnded.get(at) ?? 0) + 1);
      },
    });
  for (let at = 0; at < FOLLOWERS; at += 50) {
    members.push(...(await Promise.all(Array.from({ length: 50 }, (_, more) => join(at + more)))));
  }
  assert.notEqual(crowdAddress(0), crowdAddress(FOLLOWERS - 1));
  const sleepers = members.filter((_, at) => sleeps(at));
  const awake = listeners.filter((_, at) => !sleeps(at));

  const writer = await under.login();

  // What nobody reads fills the kernel's buffers, so that the gateway can send them no more.
  const { channel_id } = await writer.call('channel.create');
  const flood = async (): Promise<void> => {
    for (let at = 0; at < FLOODS; at += 1) {
      const { message_id } = await writer.call('chat.send', { channel: channel_id, message: FLOOD });
      await writer.complete(message_id);
    }
  };
  // The first time for nobody but the writer: what the work itself takes is not what sleepers cost.
  await flood();
  const beforeBytes = residentBytes(pid);
  let mostBytes = beforeBytes;
  const look = (): void => {
    mostBytes = Math.max(mostBytes, residentBytes(pid));
  };
  for (const [at, member] of members.entries()) {
    if (!sleeps(at)) continue;
    await member.call('channel.subscribe', { channel_id });
    floodsEnded.set(at, 0);
    member.socket.pause();
  }
  await flood();
  look();

  const sent = await writer.call('chat.send', { channel: 'default', message: MESSAGE });
  await until(() => {
    look();
    return awake.every(({ ended }) => ended > 0);
  }, 'the end of the reply for all who read');
  assert.deepEqual(
    awake.filter(({ whole }) => !whole).map(({ wrong, units }) => wrong ?? `${units} units`),
    [],
  );
  await writer.complete(sent.message_id);
  assert.equal(writer.streamed(sent.message_id), expected);
  for (const ended of floodsEnded.values()) assert.ok(ended < FLOODS, 'they could be sent everything');

  for (const { socket } of sleepers) socket.resume();
  await until(() => {
    look();
    return (
      listeners.every(({ ended }) => ended > 0) &&
      [...floodsEnded.values()].every((ended) => ended === FLOODS)
    );
  }, 'the end of the replies for all');
  assert.deepEqual(
    listeners.filter(({ whole }) => !whole).map(({ wrong, units }) => wrong ?? `${units} units`),
    [],
  );
  const growthBytes = mostBytes - beforeBytes;
  t.diagnostic(`resident memory grew by ${(growthBytes / MIB).toFixed(1)} MiB`);
  assert.ok(growthBytes < MAX_GROWTH_BYTES, `${growthBytes} bytes`);
});
