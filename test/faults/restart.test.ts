/** Everybody comes back at once, to a gateway that has only just begun to listen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Member } from '../helpers/crowd.js';
import { engine } from '../helpers/engine.js';
import { atEnd, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { freePort, noCrowdOf } from '../helpers/system.js';

const CLIENTS = 2000;
/** As the retry rule of 1001 says: at once, with jitter. */
const JITTER_MS = 100;

test('2 000 clients that a restart has closed with 1001 come back at once on the same port, and all get in', {
  skip: noCrowdOf(CLIENTS),
  timeout: 120_000,
}, async (t) => {
  const homeDir = temporaryFolder(t);
  const config = engine(0, { heartbeat_interval: 600 });
  const args = ['--port', `${await freePort()}`];
  const before = await startGatewayProcess(t, { homeDir, config, args });
  const members = new Set<Member>();
  atEnd(t, () => {
    for (const { socket } of members) socket.terminate();
  });
  const join = async (at: number): Promise<Member> => {
    const member = await Member.join({ ...before, at });
    members.add(member);
    return member;
  };
  const all: Member[] = [];
  for (let at = 0; at < CLIENTS; at += 50) {
    all.push(...(await Promise.all(Array.from({ length: 50 }, (_, more) => join(at + more)))));
  }

  let stopTrying = false;
  atEnd(t, () => {
    stopTrying = true;
  });
  /** Comes back whenever it is closed, again and again while nobody listens. */
  const comeBack = async (member: Member, at: number): Promise<string> => {
    const reason = await member.closed;
    for (;;) {
      try {
        await join(at);
        return reason;
      } catch (error) {
        if (stopTrying) throw error;
        await delay(JITTER_MS * (0.5 + ((at * 7) % 100) / 100));
      }
    }
  };
  const back = Promise.all(all.map(comeBack));
  before.process.child.kill('SIGTERM');
  assert.equal(await before.process.exited, 0);
  const after = await startGatewayProcess(t, { homeDir, config, args });
  const reasons = await back;
  assert.deepEqual([...new Set(reasons)], ['1001 Server shutdown']);
  const observer = await after.login();
  assert.equal((await observer.call('system.status')).active_connections, CLIENTS + 1);
});
