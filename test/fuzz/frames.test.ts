/**
 * Mutated upgrade requests, PROXY headers, frames and JSON at a gateway in a process of its own.
 * `OPENCLAW_FUZZ_SECONDS=60` goes on for longer; `OPENCLAW_FUZZ_SEED` repeats a run that failed.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { engine } from '../helpers/engine.js';
import { encodeFrame } from '../helpers/frames.js';
import { temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { startNeighbour } from '../helpers/neighbour.js';
import { askUpgrade } from '../helpers/raw-socket.js';
import { NO_PROC, openDescriptors, residentBytes, until } from '../helpers/system.js';
import { mutateBytes, mutateText, type Random, randomFrame, randomFrom, seedMessages } from './mutate.js';
import { randomOpening } from './opening.js';

const SECONDS = Number(process.env.OPENCLAW_FUZZ_SECONDS ?? 5);
const SEED = Number(process.env.OPENCLAW_FUZZ_SEED ?? Date.now() % 2 ** 31);
const AT_ONCE = 8;
/** Until here the process is still warming up. */
const WARM_UP_ROUNDS = 400;
/** For one step of one connection. */
const PATIENCE_MS = 300;
/** What the process may grow by, and what for each connection: its session can be resumed for five minutes. */
const MAX_GROWTH_BYTES = 32 * 1024 * 1024;
const ROUND_BYTES = 1024;
/** A neighbour that waits longer than this has been disturbed; a busy machine alone takes a part of it. */
const MAX_WAIT_MS = 5000;
const MAX_P99_MS = 500;
/** From here on there is time to wait until strangers who were closed are no longer counted, 16 s later. */
const LONG_SECONDS = 60;
/** Sockets that SQLite, timers and the neighbour may open and close meanwhile. */
const DESCRIPTOR_SLACK = 8;

interface Attack {
  readonly opening: Buffer;
  /** What follows is sent only when the gateway has said that it is in. */
  readonly handshake: Buffer | null;
  /** The rest, in the pieces in which it is written. */
  readonly pieces: readonly Buffer[];
}

/** All that one connection sends. */
const attack = (random: Random, port: number, token: string): Attack => {
  const { bytes: opening, proper } = randomOpening(random, port);
  const messages = seedMessages(token);
  const frames: Buffer[] = [];
  const handshake = random(3) > 0 && proper ? encodeFrame(messages[0] ?? '') : null;
  for (let more = 1 + random(12); more > 0; more -= 1) {
    const valid = messages[random(messages.length)] ?? '';
    const text = random(2) === 0 ? mutateText(random, valid) : valid;
    if (random(8) === 0) frames.push(encodeFrame(`[${text},${valid}]`));
    else if (random(3) > 0) frames.push(encodeFrame(text));
    else if (random(2) === 0) frames.push(randomFrame(random, text));
    else frames.push(mutateBytes(random, encodeFrame(text)));
  }
  const all = Buffer.concat(frames);
  const pieces: Buffer[] = [];
  for (let start = 0; start < all.length; ) {
    const end = random(3) === 0 ? start + 1 + random(32) : start + 1 + random(all.length);
    pieces.push(all.subarray(start, end));
    start = end;
  }
  return { opening, handshake, pieces };
};

/** Carries out an attack; resolves when the gateway has read all of it and ended the connection, or did not for a while. */
const run = async (port: number, { opening, handshake, pieces }: Attack): Promise<void> => {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', () => {});
  // Not `once`, which would reject where an error comes first.
  const over = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  const said = (words: string) =>
    new Promise<void>((resolve) => {
      // The end of what came: the words may be cut in two.
      let answer = '';
      socket.on('data', (bytes) => {
        answer += bytes.toString('latin1');
        if (answer.includes(words)) resolve();
        answer = answer.slice(-words.length);
      });
    });
  const write = (bytes: Buffer) => new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  // An upgrade that was broken gets no answer before the library's own timeout.
  const wait = async (what: Promise<unknown>): Promise<void> => {
    const patience = new AbortController();
    const { signal } = patience;
    await Promise.race([what, over, delay(PATIENCE_MS, undefined, { signal }).catch(() => {})]);
    patience.abort();
  };
  // What comes together with the upgrade may be lost: a client has to wait (RFC 6455 section 4.1).
  await wait(Promise.all([write(opening), said('\r\n\r\n')]));
  if (handshake !== null) await wait(Promise.all([write(handshake), said('"session_id"')]));
  for (const piece of pieces) if (!socket.destroyed) await wait(write(piece));
  // Behind a FIN all that was sent is still read; behind a reset it need not be.
  socket.end();
  await wait(over);
  socket.destroy();
  await over;
};

test('mutated requests, frames and messages neither end the gateway nor disturb a neighbour, and leave nothing behind', {
  skip: NO_PROC,
  timeout: SECONDS * 1000 + 120_000,
}, async (t) => {
  t.diagnostic(`OPENCLAW_FUZZ_SEED=${SEED}`);
  const homeDir = temporaryFolder(t);
  const config = (gateway: Readonly<Record<string, number>>): string =>
    engine(0, {
      max_unauthenticated_per_ip: 0,
      max_connections_per_ip: 0,
      heartbeat_interval: 600,
      ...gateway,
      // What it says of where clients come from is believed, so that it is looked at.
    }).replace('[gateway]\n', '[gateway]\ntrusted_proxies = ["127.0.0.1"]\n');
  const under = await startGatewayProcess(t, { homeDir, config: config({}) });
  const { child } = under.process;
  const pid = child.pid ?? 0;
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  const neighbour = await startNeighbour(t, under);
  const descriptorsBefore = openDescriptors(pid);

  let rounds = 0;
  let warmBytes = 0;
  const deadlineMs = performance.now() + SECONDS * 1000;
  const work = async (): Promise<void> => {
    while (alive() && (performance.now() < deadlineMs || rounds < WARM_UP_ROUNDS)) {
      const round = rounds;
      rounds += 1;
      if (round === WARM_UP_ROUNDS - 1) warmBytes = residentBytes(pid);
      await run(under.port, attack(randomFrom(SEED + round), under.port, under.token));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const hint = `after ${rounds} rounds; OPENCLAW_FUZZ_SEED=${SEED} repeats them`;
  assert.ok(alive(), `the gateway has ended ${hint}: ${under.process.stdout}${under.process.stderr}`);
  const { p99Ms, longestMs } = await neighbour.stop();
  const observer = await under.login();
  assert.ok(
    p99Ms < MAX_P99_MS && longestMs < MAX_WAIT_MS,
    `the neighbour waited ${p99Ms} ms (p99), ${longestMs} ms at most ${hint}`,
  );
  await until(
    async () => (await observer.call('system.status')).active_connections === 1,
    `sessions to be over ${hint}`,
  );
  await until(
    () => openDescriptors(pid) <= descriptorsBefore + DESCRIPTOR_SLACK,
    `descriptors to be free ${hint}`,
  );
  const growthBytes = residentBytes(pid) - warmBytes;
  t.diagnostic(
    `${rounds} rounds, neighbour p99 ${p99Ms.toFixed(0)} ms, at most ${longestMs.toFixed(0)} ms, memory ${(growthBytes / 2 ** 20).toFixed(1)} MiB`,
  );
  assert.ok(
    growthBytes < MAX_GROWTH_BYTES + ROUND_BYTES * rounds,
    `memory grew by ${growthBytes} bytes ${hint}`,
  );
  if (SECONDS >= LONG_SECONDS) {
    // Nobody is counted who is not there: a single place more is enough.
    writeFileSync(join(homeDir, 'config.toml'), config({ max_connections: 2 }));
    await observer.call('system.reload');
    // As long as there are far too many, the refusal is a connection that ends.
    const hasRoom = (): Promise<boolean> =>
      askUpgrade(t, under.port).then(
        ({ status }) => status === 101,
        () => false,
      );
    await until(hasRoom, `places to be free ${hint}`);
  }
  assert.equal(/"level":50/.test(under.process.stdout), false, `${under.process.stdout} ${hint}`);
});
