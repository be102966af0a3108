/** Every row of the table of error codes, provoked over a real socket. A new row does not compile until it is here. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { ERRORS, type ErrorName, PROTOCOL } from '../../schemas/codes.js';
import { rawProvider, refuses } from '../../server/backends/reasoning/raw-provider.js';
import type { Client, Json } from '../helpers/client.js';
import { ENDLESS, engine } from '../helpers/engine.js';
import { ask } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { modelConfig } from '../helpers/models.js';
import { recordLog } from '../helpers/recorded-log.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

type Provoke = (t: TestContext) => Promise<Json>;

const login = async (t: TestContext, config = engine(0)): Promise<Client> =>
  (await startTestGateway(t, { config })).login();

/** Calls as whoever has logged in, in a gateway of its own. */
const calling =
  (method: string, params: object): Provoke =>
  async (t) =>
    (await login(t)).request(method, params);

const PROVOKED: Readonly<Record<ErrorName, Provoke>> = {
  parseError: async (t) => ask(await login(t), '{"jsonrpc"'),
  invalidRequest: async (t) => ask(await login(t), { jsonrpc: '1.0', method: 'system.ping', id: 1 }),
  methodNotFound: calling('chat.sendd', { message: 'Hello' }),
  invalidParams: calling('chat.send', { mesage: 'Hello' }),
  internalError: async (t) => {
    const under = await startTestGateway(t, { config: engine(0), log: recordLog().log });
    const client = await under.login();
    const database = new Database(under.home.databaseFile);
    database.pragma('foreign_keys = OFF');
    database.exec('DROP TABLE messages');
    database.close();
    return client.request('chat.history');
  },
  rateLimited: async (t) => {
    const client = await login(t, '[gateway.rate_limit]\nburst_size = 1\nmessages_per_second = 0.01\n');
    await client.call('system.ping');
    return client.request('system.ping');
  },
  authRequired: async (t) => {
    const stranger = await (await startTestGateway(t)).connect();
    return ask(stranger, { jsonrpc: '2.0', method: 'chat.history', id: 1 });
  },
  authFailed: async (t) => {
    const stranger = await (await startTestGateway(t)).connect();
    const params = { client_id: 'test', client_version: '1', token: 'oc_user_wrong' };
    return ask(stranger, { jsonrpc: '2.0', method: 'auth.handshake', params, id: 1 });
  },
  permissionDenied: async (t) => {
    const under = await startTestGateway(t, { config: engine(0) });
    const token = await addToken(under, { principal: 'ada', scopes: ['status'] });
    return (await under.login({ token })).request('chat.send', { message: 'Hello' });
  },
  channelNotFound: calling('channel.switch', { channel_id: 'ch-none' }),
  messageNotFound: calling('chat.resume', { message_id: 'msg-none' }),
  skillNotFound: calling('skill.call', { skill: 'nothing' }),
  // It stands in a notification, in an object like that of a response.
  skillFailed: async (t) => {
    const client = await login(t, '[skills]\nbuilt_in = ["time.now"]\n');
    await client.call('skill.call', { skill: 'time.now', arguments: { zone: 'Nowhere' } });
    const { jsonrpc, params } = await client.frame(({ method }) => method === 'skill.result');
    return { jsonrpc, error: params.error, id: params.invocation_id };
  },
  conflict: async (t) => {
    const client = await login(t);
    await client.call('chat.send', { message: 'one', idempotency_key: 'key' });
    return client.request('chat.send', { message: 'another', idempotency_key: 'key' });
  },
  channelBusy: async (t) => {
    const client = await login(t, engine(20));
    for (let at = 0; at <= PROTOCOL.maxQueuedRunsPerChannel; at += 1) {
      await client.call('chat.send', { message: ENDLESS });
    }
    return client.request('chat.send', { message: 'one too many' });
  },
  // Not an answer to a request, but what the end of a reply says.
  reasoningFailed: async (t) => {
    const { baseUrl } = await rawProvider(t, refuses(400));
    const client = await login(t, modelConfig({ base_url: baseUrl }));
    const { message_id } = await client.call('chat.send', { message: 'Hello' });
    const { error } = await client.complete(message_id);
    return { jsonrpc: '2.0', error, id: message_id };
  },
  shuttingDown: async (t) => {
    const under = await startTestGateway(t, { config: engine(20) });
    const client = await under.login();
    const { message_id } = await client.call('chat.send', { message: ENDLESS });
    await client.frame(({ params }) => params?.message_id === message_id);
    void under.gateway.close();
    await client.frame(({ method }) => method === 'system.goaway');
    return client.request('chat.send', { message: 'too late' });
  },
};

for (const [name, provoke] of Object.entries(PROVOKED) as [ErrorName, Provoke][]) {
  const { code, message, data } = ERRORS[name];
  test(`${req('P2-error-codes')} ${code} ${message}`, async (t) => {
    const { jsonrpc, error, id, ...rest } = await provoke(t);
    assert.deepEqual([jsonrpc, rest], ['2.0', {}]);
    assert.ok(name === 'parseError' ? id === null : id !== null && id !== undefined);
    assert.equal(error.code, code);
    assert.ok(error.message === message || error.message.startsWith(`${message}: `), error.message);
    // What the table says of `data` is all there may be in it.
    const described = [...data.matchAll(/`(\w+)/g)].map(([, member]) => member);
    for (const member of Object.keys(error.data ?? {})) {
      assert.ok(described.includes(member), `data.${member} is not in the table`);
    }
  });
}
