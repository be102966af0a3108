import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROTOCOL } from './codes.js';
import { METHODS } from './generated/methods.js';
import { type Validate, validators } from './generated/validators.js';

const handshake = (more: object = {}) => ({ client_id: 'cli', client_version: '0.9.4', token: 't', ...more });

const errorsOf = (validate: Validate, params: unknown) => {
  assert.equal(validate(params), false);
  return (validate.errors ?? []).map(({ instancePath, message }) => ({ path: instancePath, message }));
};

test('there is a validator for every method that clients call, and for nothing else', () => {
  const called = METHODS.filter(({ direction }) => direction === 'Client → Server').map(({ name }) => name);
  assert.deepEqual(Object.keys(validators), called);
  assert.equal(Object.getPrototypeOf(validators), null);
  assert.equal((validators as Readonly<Record<string, unknown>>).constructor, undefined);
});

test('params of the product’s examples are valid', () => {
  assert.ok(validators['auth.handshake'](handshake({ client_id: 'cli-macbook-pro' })));
  const metadata = { project: 'project-x', purpose: 'code-review' };
  assert.ok(validators['channel.create']({ name: 'code-review-project-x', metadata }));
  assert.ok(validators['channel.switch']({ channel_id: 'ch-a1b2c3' }));
  assert.ok(validators['channel.list']({}));
  assert.ok(validators['heartbeat.pong']({ seq: 42, client_load: 0.45 }));
});

test('every method refuses params that are no object, and members it does not know', () => {
  for (const [name, validate] of Object.entries(validators)) {
    for (const params of [null, [], 'x', 0, undefined]) assert.equal(validate(params), false, name);
    assert.equal(validate({ no_such_member: 1 }), false, name);
  }
});

test('every error is named, not only the first', () => {
  const errors = errorsOf(validators['auth.handshake'], { client_id: 'a b', token: 7, extra: 1 });
  assert.deepEqual(errors.map(({ path }) => path).sort(), ['', '', '/client_id', '/token']);
});

test('errors end with the call they belong to', () => {
  const validate = validators['chat.send'];
  assert.equal(validate({}), false);
  assert.equal(validate({ message: 'hi' }), true);
  assert.equal(validate.errors, null);
});

test('members named like those of Object.prototype are members like any other', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const params: unknown = JSON.parse(`{"message":"hi","${name}":{"message":"hi"}}`);
    assert.equal(validators['chat.send'](params), false, name);
    assert.equal(validators['chat.send'].errors?.[0]?.params.additionalProperty, name);
    assert.equal(validators['chat.send'](JSON.parse(`{"${name}":{"message":"hi"}}`)), false, name);
    // Metadata is free-form, so there they are allowed.
    assert.ok(validators['chat.send'](JSON.parse(`{"message":"hi","metadata":{"${name}":1}}`)), name);
  }
});

test('an id is judged to its end', () => {
  const validate = validators['channel.switch'];
  assert.ok(validate({ channel_id: 'a'.repeat(64) }));
  for (const id of ['', 'a'.repeat(65), 'a\n', 'a b', 'ä', '\u0000'])
    assert.equal(validate({ channel_id: id }), false);
});

test('length limits count characters, not UTF-16 units', () => {
  const validate = validators['channel.create'];
  assert.ok(validate({ name: '😀'.repeat(128) }));
  assert.equal(validate({ name: `${'😀'.repeat(128)}a` }), false);
  assert.equal(validate({ name: 'a'.repeat(129) }), false);
  assert.ok(validate({ name: '' }));
  assert.equal(validators['chat.send']({ message: '' }), false);
});

test('numbers are judged as numbers', () => {
  const validate = validators['chat.history'];
  for (const limit of [1, 200]) assert.ok(validate({ limit }));
  for (const limit of [0, 201, 1.5, '50', null]) assert.equal(validate({ limit }), false);
  assert.equal(validators['heartbeat.pong'](JSON.parse('{"seq":1e999}')), false);
});

test('a validator changes nothing in what it looks at', () => {
  const params = Object.freeze({});
  assert.ok(validators['chat.history'](params));
  assert.deepEqual(params, {});
});

test('no message, however wrong, makes more than a few dozen errors', () => {
  const unknown = Object.fromEntries(
    Array.from({ length: 50_000 }, (_, index) => [`member-${index}`, index]),
  );
  const streams = new Array(50_000).fill({});
  const hostile: readonly unknown[] = [
    unknown,
    handshake({ resume: { session_id: '', streams } }),
    handshake({ resume: { session_id: '', streams: streams.map(() => 0) } }),
    handshake({ resume: unknown }),
  ];
  for (const params of hostile) {
    const count = errorsOf(validators['auth.handshake'], params).length;
    assert.ok(count >= PROTOCOL.maxListedErrors && count <= 48, String(count));
  }
});
