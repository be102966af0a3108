/** Every row of the table of close codes, provoked over a real socket. A new row does not compile until it is here. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { CLOSES, type CloseName, PROTOCOL, retryAfterClose } from '../../schemas/codes.js';
import type { Closed, Json } from '../helpers/client.js';
import { SettableClock } from '../helpers/clock.js';
import { engine } from '../helpers/engine.js';
import { atEnd, startTestGateway } from '../helpers/gateway.js';
import { RawWebSocket } from '../helpers/raw-socket.js';
import { until } from '../helpers/system.js';
import { addToken, tokenFileOf } from '../helpers/tokens.js';
import { req } from './requirements.js';

const call = (method: string, params: object, id: number) => ({ jsonrpc: '2.0', method, params, id });
const isPing = ({ method }: Json): boolean => method === 'heartbeat.ping';

const PROVOKED: Readonly<Record<CloseName, (t: TestContext) => Promise<Closed>>> = {
  normal: async (t) => (await (await startTestGateway(t)).login()).close(),
  resumedElsewhere: async (t) => {
    const under = await startTestGateway(t);
    const client = await under.login();
    await under.login({ resume: { session_id: client.handshake.session_id } });
    return client.closed;
  },
  serverShutdown: async (t) => {
    const under = await startTestGateway(t);
    const client = await under.login();
    await under.gateway.close();
    return client.closed;
  },
  protocolError: async (t) => {
    const client = await (await startTestGateway(t)).login();
    client.send('no JSON');
    return client.closed;
  },
  messageTooLarge: async (t) => {
    const client = await (await startTestGateway(t)).login();
    client.send(' '.repeat(client.handshake.limits.max_message_bytes + 1));
    return client.closed;
  },
  tryAgainLater: async (t) => {
    const under = await startTestGateway(t, { config: engine(0) });
    const raw = await RawWebSocket.open(t, under.port);
    raw.write(call('auth.handshake', { client_id: 'test', client_version: '1', token: under.token }, 0));
    await raw.answers(1);
    // As long as somebody else writes to the database, no such call is answered.
    const database = new Database(under.home.databaseFile);
    atEnd(t, () => database.close());
    database.exec('BEGIN IMMEDIATE');
    const message = 'x'.repeat(PROTOCOL.maxWaitingBytes / 8);
    raw.write(
      ...Array.from({ length: PROTOCOL.maxOpenCalls }, (_, id) => call('channel.create', {}, id)),
      ...Array.from({ length: 9 }, (_, id) => call('chat.send', { message }, id)),
    );
    const event = await raw.next();
    database.exec('ROLLBACK');
    return 'close' in event ? event.close : assert.fail(JSON.stringify(event));
  },
  authTimeout: async (t) => {
    const clock = new SettableClock();
    const client = await (await startTestGateway(t, { clock })).connect();
    clock.pass(5000);
    return client.closed;
  },
  authFailed: async (t) => {
    const client = await (await startTestGateway(t)).connect();
    for (const [id, token] of ['a', 'b', 'c'].entries()) {
      client.send(call('auth.handshake', { client_id: 'test', client_version: '1', token }, id));
    }
    return client.closed;
  },
  tokenRevoked: async (t) => {
    const under = await startTestGateway(t);
    const client = await under.login({ token: await addToken(under, { principal: 'ada', name: 'guest' }) });
    await tokenFileOf(under).revoke('guest');
    return client.closed;
  },
  heartbeatTimeout: async (t) => {
    const clock = new SettableClock();
    const client = await (await startTestGateway(t, { clock })).login();
    for (let pings = 1; pings <= 3; pings += 1) {
      clock.pass(30_000);
      await until(() => client.frames.filter(isPing).length === pings, 'a ping');
    }
    clock.pass(30_000);
    return client.closed;
  },
  rateLimited: async (t) => {
    const client = await (await startTestGateway(t)).login();
    for (let id = 0; id < 100; id += 1) client.send(call('system.ping', {}, id));
    return client.closed;
  },
};

for (const [name, provoke] of Object.entries(PROVOKED) as [
  CloseName,
  (t: TestContext) => Promise<Closed>,
][]) {
  const { code, reason, when, retry } = CLOSES[name];
  test(`${req('P2-close-codes')} ${code} ${reason}: ${when}`, async (t) => {
    assert.deepEqual(await provoke(t), { code, reason });
    assert.equal(retryAfterClose(code, reason), retry);
  });
}

test(`${req('P2-close-codes')} 1013 Try again later: so far behind that what is missing is no longer kept`, async (t) => {
  const clock = new SettableClock();
  const config = engine(0, { max_message_bytes: 16 * 1024 * 1024, max_backlog_seconds: 1e6 });
  const under = await startTestGateway(t, {
    clock,
    config: config.replace('[gateway]', '[gateway]\nheartbeat_interval = 1000000'),
  });
  const [writer, reader] = await Promise.all([under.login(), under.login()]);
  reader.socket.pause();
  const { message_id } = await writer.call('chat.send', { message: `${'x'.repeat(1023)} `.repeat(8 * 1024) });
  await writer.complete(message_id);
  clock.pass(PROTOCOL.resumeWindowMs);
  const kept = async (): Promise<boolean> => {
    const follower = await under.login();
    const { recovered } = await follower.call('chat.resume', { message_id });
    follower.terminate();
    return recovered;
  };
  await until(async () => !(await kept()), 'the end of the window');
  // It is not looked at before it reads on.
  reader.socket.resume();
  assert.deepEqual(await reader.closed, { code: 1013, reason: 'Try again later' });
});
