/** Ten thousand who knock and do not come in. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { crowdAddress } from '../helpers/crowd.js';
import { engine } from '../helpers/engine.js';
import { decodeServerFrame } from '../helpers/frames.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { startNeighbour } from '../helpers/neighbour.js';
import { UPGRADE_HEADERS } from '../helpers/raw-socket.js';
import { noCrowdOf, openDescriptors, until } from '../helpers/system.js';

const STRANGERS = 10_000;
const AT_ONCE = 250;
/** A busy machine takes a part of it; a loop that looked at each stranger for every message would take far more. */
const MAX_P99_MS = 250;
/** Sockets that SQLite and timers may open meanwhile. */
const DESCRIPTOR_SLACK = 8;

interface Stranger {
  readonly socket: Socket;
  received: Buffer;
}

test('10 000 strangers, half of them in the middle of their upgrade, disturb nobody who is in, and are closed', {
  skip: noCrowdOf(STRANGERS),
  timeout: 120_000,
}, async (t) => {
  const under = await startGatewayProcess(t, { homeDir: temporaryFolder(t), config: engine(0) });
  const pid = under.process.child.pid ?? 0;
  const neighbour = await startNeighbour(t, under);
  const before = openDescriptors(pid);
  const head = [`GET / HTTP/1.1`, `Host: 127.0.0.1:${under.port}`];
  const upgrade = [...head, ...UPGRADE_HEADERS.map((pair) => pair.join(': ')), '', ''].join('\r\n');
  const half = [...head, 'Upgrade: websocket', 'Connec'].join('\r\n');
  const strangers: Stranger[] = [];
  atEnd(t, () => {
    for (const { socket } of strangers) socket.destroy();
  });
  const knock = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: under.port, localAddress: crowdAddress(at) });
      const stranger: Stranger = { socket, received: Buffer.alloc(0) };
      strangers.push(stranger);
      socket.on('error', reject);
      socket.on('data', (bytes) => {
        stranger.received = Buffer.concat([stranger.received, bytes]);
        resolve();
      });
      socket.on('connect', () => {
        socket.write(at % 2 === 0 ? upgrade : half);
        if (at % 2 === 1) resolve();
      });
    });
  const startedMs = performance.now();
  for (let at = 0; at < STRANGERS; at += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, more) => knock(at + more)));
  }
  const tookMs = performance.now() - startedMs;
  // Who comes regularly comes in, whatever crowd is before the door.
  await (await under.login()).settle();

  const upgraded = strangers.filter((_, at) => at % 2 === 0);
  await until(() => upgraded.every(({ socket }) => socket.closed), 'the end of their time');
  const codes = upgraded.map(({ received }) => {
    const answer = received.indexOf('\r\n\r\n') + 4;
    const frame = decodeServerFrame(received.subarray(answer));
    return `${received.subarray(0, 12)} ${frame?.payload.readUInt16BE(0)} ${frame?.payload.subarray(2)}`;
  });
  assert.deepEqual([...new Set(codes)], ['HTTP/1.1 101 4001 Authentication timeout']);
  for (const { socket } of strangers) socket.destroy();
  await until(() => openDescriptors(pid) <= before + DESCRIPTOR_SLACK, 'the descriptors to be free');

  const { count, medianMs, p99Ms, longestMs } = await neighbour.stop();
  t.diagnostic(
    `${STRANGERS} came within ${(tookMs / 1000).toFixed(1)} s; ${count} pings of the neighbour: ` +
      `median ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, longest ${longestMs.toFixed(0)} ms`,
  );
  assert.ok(p99Ms < MAX_P99_MS, `p99 ${p99Ms} ms`);
});
