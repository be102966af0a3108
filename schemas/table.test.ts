import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSES, ERRORS, RETRY_RULES, retryAfterClose } from './codes.js';
import type { Method } from './define.js';
import { METHODS } from './generated/methods.js';
import { methods } from './methods.js';

const TABLE: readonly (readonly [string, Method])[] = Object.entries(methods);

/** The product's table "Common Methods": name, direction, description. */
const COMMON_METHODS = [
  ['chat.send', 'Client → Server', 'Send a chat message'],
  ['chat.stream', 'Server → Client', 'Streaming response (token by token)'],
  ['chat.complete', 'Server → Client', 'Response completion notification'],
  ['skill.invoke', 'Server → Client', 'Notify client that a Skill is being executed'],
  ['skill.result', 'Server → Client', 'Skill execution result'],
  ['memory.recall', 'Internal', 'Recall relevant memories'],
  ['channel.create', 'Client → Server', 'Create a new Channel'],
  ['channel.switch', 'Client → Server', 'Switch Channel'],
  ['channel.list', 'Client → Server', 'List all Channels'],
  ['heartbeat.ping', 'Server → Client', 'Heartbeat check'],
  ['heartbeat.pong', 'Client → Server', 'Heartbeat response'],
  ['system.status', 'Client → Server', 'Query system status'],
];

/** The product's routing table: prefix, target handler. */
const TARGETS: Readonly<Record<string, string>> = {
  chat: 'ReasoningLayer',
  memory: 'MemorySystem',
  skill: 'SkillsManager',
  system: 'SystemController',
  channel: 'ChannelManager',
  heartbeat: 'HeartbeatHandler',
  auth: 'SystemController',
  rpc: 'SystemController',
};

test('the methods of the product’s table are there to the letter', () => {
  const rows = new Map(TABLE);
  for (const [name, direction, description] of COMMON_METHODS) {
    const spec = rows.get(name ?? '');
    assert.deepEqual([name, spec?.direction, spec?.summary], [name, direction, description]);
  }
});

test('a prefix is routed to one target', () => {
  for (const [name, { target }] of TABLE) {
    assert.match(name, /^[a-z]+\.[a-z_]+$/);
    assert.equal(target, TARGETS[name.slice(0, name.indexOf('.'))], name);
  }
});

test('no prefix file overwrites a method of another', async () => {
  const files = ['auth', 'chat', 'channel', 'memory', 'skill', 'heartbeat', 'system', 'rpc'];
  for (const prefix of files) {
    const module = (await import(`./${prefix}.js`)) as Record<string, Record<string, Method>>;
    for (const name of Object.keys(module[prefix] ?? {})) assert.equal(name.split('.')[0], prefix);
  }
});

test('what clients call refuses unknown params and has a result; a notification has none', () => {
  for (const [name, spec] of TABLE) {
    if (spec.direction === 'Server → Client') {
      assert.equal(spec.result, null, name);
    } else {
      assert.equal((spec.params as { additionalProperties?: unknown }).additionalProperties, false, name);
      assert.notEqual(spec.result, null, name);
    }
  }
});

test('the generated list is the table', () => {
  const rows = TABLE.map(([name, { direction, target, scope, summary }]) => ({
    name,
    direction,
    target,
    scope,
    summary,
  }));
  assert.deepEqual(METHODS, rows);
});

test('an error code is listed once, in the range its meaning belongs to', () => {
  const codes = Object.values(ERRORS).map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length);
  for (const { code, message, retry } of Object.values(ERRORS)) {
    // JSON-RPC 2.0 section 5.1 keeps −32768 to −32000 for itself.
    assert.ok((code >= -32768 && code <= -32600) || (code >= 4000 && code < 6000), String(code));
    assert.notEqual(message, '');
    assert.notEqual(RETRY_RULES[retry], undefined);
  }
});

test('a close is told by its code and reason, which fits a close frame', () => {
  const closes = Object.values(CLOSES);
  assert.equal(new Set(closes.map(({ code, reason }) => `${code} ${reason}`)).size, closes.length);
  for (const { code, reason, retry } of closes) {
    // RFC 6455 section 7.4.2: an endpoint sends 1000–1014 or the private 4000–4999.
    assert.ok((code >= 1000 && code <= 1014) || (code >= 4000 && code <= 4999), String(code));
    // RFC 6455 section 5.5: 125 bytes of payload, two of them the code.
    assert.match(reason, /^[\x20-\x7e]{0,123}$/);
    assert.equal(retryAfterClose(code, reason), retry);
  }
});

test('a close nobody listed backs off; a known code with another reason follows the code', () => {
  assert.equal(retryAfterClose(1006, ''), 'back-off');
  assert.equal(retryAfterClose(4999, 'Auth timeout'), 'back-off');
  assert.equal(retryAfterClose(1002, 'something else'), 'never-unchanged');
});
