import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DIALECTS } from './client/dialects.js';
import { answer } from './plain.js';
import { Conversation } from './work.js';

const TOKEN = 'oc_bench_0123456789abcdef0123456789abcdef';
const handshake = (token: string): string => DIALECTS.gateway.opening(token)[0]?.say ?? '';

const codeOf = (text: string | null): number =>
  (JSON.parse(text ?? '') as { error: { code: number } }).error.code;

test('a rival that does the same work lets in who has the token, and answers as the gateway does', () => {
  const conversation = new Conversation(TOKEN);
  assert.equal(codeOf(conversation.take(DIALECTS.gateway.request(1))), 4010);
  assert.equal(codeOf(conversation.take(handshake('oc_bench_another'))), 4011);
  assert.match(conversation.take(handshake(TOKEN)) ?? '', /"session_id"/);
  const reply = conversation.take(DIALECTS.gateway.request(1)) ?? '';
  assert.ok(DIALECTS.gateway.answers(reply, 1), reply);
});

test('and refuses what the gateway refuses', () => {
  const conversation = new Conversation(TOKEN);
  conversation.take(handshake(TOKEN));
  const take = (message: object): string | null => conversation.take(JSON.stringify(message));
  const ping = { jsonrpc: '2.0', method: 'system.ping', params: {}, id: 1 };
  assert.equal(codeOf(conversation.take('{')), -32700);
  assert.equal(codeOf(conversation.take('7')), -32600);
  assert.equal(codeOf(take({ ...ping, jsonrpc: '1.0' })), -32600);
  assert.equal(codeOf(take({ ...ping, id: 1.5 })), -32600);
  assert.equal(codeOf(take({ ...ping, id: null })), -32600);
  assert.equal(codeOf(take({ ...ping, params: { extra: 1 } })), -32602);
  assert.equal(codeOf(take({ ...ping, params: [] })), -32602);
  assert.equal(codeOf(take({ ...ping, method: 'constructor' })), -32601);
  const { id: _, ...notification } = ping;
  assert.equal(take(notification), null);
  assert.equal(take({ ...notification, method: 'nothing' }), null);
  assert.equal(take({ ...ping, id: 0 }), '{"jsonrpc":"2.0","result":{"pong":true},"id":0}');
});

test('the plain exchange answers the same request', () => {
  const reply = answer(DIALECTS.gateway.request(2));
  assert.ok(DIALECTS.gateway.answers(reply, 2), reply);
  assert.throws(() => answer('{"method":"system.ping","params":{"extra":1},"id":1}'), /additional/);
});
