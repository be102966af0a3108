/** The system has no descriptor left for another connection: accept(2) fails, which `max_connections` normally keeps clear of. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ERRORS } from '../../schemas/codes.js';
import { engine } from '../helpers/engine.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { NO_PROC, openDescriptors, processorMs, until } from '../helpers/system.js';

/** Places that are left when the limit comes down. */
const LEFT = 5;
const MORE = 60;
/** How long the processor is looked at. */
const LOOK_MS = 500;

/** A bare container need not have it. */
const noPrlimit = (): string | false => {
  try {
    execFileSync('prlimit', ['--version']);
    return NO_PROC;
  } catch {
    return 'needs prlimit of util-linux';
  }
};

/** The lowest number with so many below it that no descriptor of a process has. */
const numberAbove = (pid: number, freeBelow: number): number => {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let number = 0;
  for (let free = 0; free < freeBelow; number += 1) if (!taken.has(number)) free += 1;
  return number;
};

const start = async (t: TestContext) => {
  const under = await startGatewayProcess(t, { homeDir: temporaryFolder(t), config: engine(0) });
  const pid = under.process.child.pid ?? 0;
  /** The limit is one of the numbers of descriptors, not of how many there are. */
  const limit = (most: number): void => {
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${most}:`]);
  };
  const inside = await under.login();
  return {
    under,
    pid,
    inside,
    leave: (free: number) => limit(numberAbove(pid, free)),
    lift: () => limit(1024),
  };
};

test('without a free descriptor nobody new gets in, those who are in are served, and it recovers by itself', {
  skip: noPrlimit(),
  timeout: 60_000,
}, async (t) => {
  const { under, pid, inside, leave, lift } = await start(t);
  const say = async (message: string): Promise<void> => {
    const { message_id } = await inside.call('chat.send', { message });
    assert.equal((await inside.complete(message_id)).finish_reason, 'stop');
  };
  // The thread that answers begins with the first question, and is there from then on.
  await say('the first');
  const before = openDescriptors(pid);
  leave(LEFT);
  const sockets: Socket[] = [];
  atEnd(t, () => {
    for (const socket of sockets) socket.destroy();
  });
  // The kernel completes their handshakes; the gateway cannot take them.
  const open = async (): Promise<void> => {
    const socket = connect(under.port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
  };
  await Promise.all(Array.from({ length: MORE }, open));
  await until(() => openDescriptors(pid) === before + LEFT, 'the last descriptor');

  for (let at = 0; at < 20; at += 1) await say(`message ${at}`);
  const [busyMs, startMs] = [processorMs(pid), performance.now()];
  let longestMs = 0;
  while (performance.now() - startMs < LOOK_MS) {
    const askedMs = performance.now();
    await inside.settle();
    longestMs = Math.max(longestMs, performance.now() - askedMs);
    await delay(10);
  }
  const share = (processorMs(pid) - busyMs) / (performance.now() - startMs);
  t.diagnostic(
    `without descriptors: ${(share * 100).toFixed(0)} % of a processor, a ping at most ${longestMs.toFixed(0)} ms`,
  );
  assert.equal(openDescriptors(pid), before + LEFT);

  for (const socket of sockets) socket.destroy();
  await until(() => openDescriptors(pid) === before, 'the descriptors to be free');
  await (await under.login()).settle();
  lift();
  await say('the last');
});

test('a first question for whose thread there is no descriptor gets 5020, and the next one its reply', {
  skip: noPrlimit(),
  timeout: 60_000,
}, async (t) => {
  const { inside, leave, lift } = await start(t);
  leave(0);
  const failed = await inside.call('chat.send', { message: 'too early' });
  const { finish_reason, error } = await inside.complete(failed.message_id);
  assert.equal(finish_reason, 'error');
  const { code, message } = ERRORS.reasoningFailed;
  assert.deepEqual(error, { code, message, data: { provider: 'embedded', retryable: true } });
  lift();
  const { message_id } = await inside.call('chat.send', { message: 'once more' });
  assert.equal((await inside.complete(message_id)).finish_reason, 'stop');
});
