/** The gateway about itself: system.*, rpc.*, skill.list, heartbeat.pong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSION } from '../../schemas/version.js';
import type { Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { answersTo } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { req } from './requirements.js';

const CLIENT_TO_SERVER = 'Client → Server';
const SERVER_TO_CLIENT = 'Server → Client';

test(`${req('P4-methods', 'T-methods')} system.methods lists the text's methods with its directions`, async (t) => {
  const client = await (await startTestGateway(t)).login();
  const { methods } = await client.call('system.methods');
  const byName = new Map<string, Json>(methods.map((method: Json) => [method.name, method]));
  assert.equal(byName.size, methods.length);
  const table: Readonly<Record<string, string>> = {
    'chat.send': CLIENT_TO_SERVER,
    'chat.stream': SERVER_TO_CLIENT,
    'chat.complete': SERVER_TO_CLIENT,
    'skill.invoke': SERVER_TO_CLIENT,
    'skill.result': SERVER_TO_CLIENT,
    'memory.recall': 'Internal',
    'channel.create': CLIENT_TO_SERVER,
    'channel.switch': CLIENT_TO_SERVER,
    'channel.list': CLIENT_TO_SERVER,
    'heartbeat.ping': SERVER_TO_CLIENT,
    'heartbeat.pong': CLIENT_TO_SERVER,
    'system.status': CLIENT_TO_SERVER,
  };
  for (const [name, direction] of Object.entries(table)) {
    assert.equal(byName.get(name)?.direction, direction, name);
  }
  for (const method of methods) {
    assert.deepEqual(Object.keys(method).sort(), ['direction', 'name', 'scope', 'summary', 'target']);
  }
});

test(`${req('T-routing')} a method's prefix decides its target`, async (t) => {
  const client = await (await startTestGateway(t)).login();
  const targets: Readonly<Record<string, string>> = {
    chat: 'ReasoningLayer',
    memory: 'MemorySystem',
    skill: 'SkillsManager',
    system: 'SystemController',
    channel: 'ChannelManager',
    heartbeat: 'HeartbeatHandler',
    auth: 'SystemController',
    rpc: 'SystemController',
  };
  const { methods } = await client.call('system.methods');
  for (const { name, target } of methods) assert.equal(target, targets[name.split('.')[0]], name);
  const prefixes = new Set(methods.map(({ name }: Json) => name.split('.')[0]));
  assert.deepEqual([...prefixes].sort(), Object.keys(targets).sort());
});

test(`${req('P4-discover')} rpc.discover describes the methods that clients call`, async (t) => {
  const client = await (await startTestGateway(t)).login();
  const document = await client.call('rpc.discover');
  assert.match(document.openrpc, /^1\.3\.\d+$/);
  assert.equal(document.info.version, VERSION);
  const { methods } = await client.call('system.methods');
  const callable = methods
    .filter(({ direction }: Json) => direction === CLIENT_TO_SERVER)
    .map(({ name }: Json) => name);
  const described = document.methods.map(({ name }: Json) => name);
  for (const name of callable) assert.ok(described.includes(name), name);
  const handshake = document.methods.find(({ name }: Json) => name === 'auth.handshake');
  assert.deepEqual(handshake.params.map(({ name }: Json) => name).slice(0, 3), [
    'client_id',
    'client_version',
    'token',
  ]);
});

test(`${req('T-system-status')} system.status counts what there is`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const client = await under.login();
  const before = await client.call('system.status');
  assert.equal(before.active_connections, 1);
  assert.equal(before.server_version, VERSION);
  assert.ok(before.memory_bytes > 1024 * 1024);
  assert.ok(before.uptime_seconds >= 0 && before.messages_per_second >= 0);

  const other = await under.login();
  const { channel_id } = await other.call('channel.create');
  const after = await client.call('system.status');
  assert.equal(after.active_connections, 2);
  // Two of the other's, and this request itself.
  assert.equal(after.total_messages, before.total_messages + 3);
  assert.equal(after.active_channels, before.active_channels + 1);
  assert.equal(after.heartbeat_total, 2);
  await other.call('channel.delete', { channel_id });
  await other.close();
  assert.equal((await client.call('system.status')).active_connections, 1);
});

test(`${req('P4-ping', 'T-pong', 'P4-skill-list')} ping, pong and skill.list`, async (t) => {
  const client = await (await startTestGateway(t, { config: engine(0) })).login();
  assert.deepEqual(await client.call('system.ping', {}), { pong: true });
  assert.deepEqual(await client.call('heartbeat.pong', { seq: 42, client_load: 0.45 }), {});
  const pong = { jsonrpc: '2.0', method: 'heartbeat.pong', params: { seq: 42, client_load: 0.45 } };
  assert.deepEqual(await answersTo(client, pong), []);
  const { skills } = await client.call('skill.list');
  assert.ok(Array.isArray(skills));
  for (const skill of skills) {
    assert.deepEqual(Object.keys(skill).sort(), ['description', 'name', 'parameters', 'source', 'state']);
  }
});
