import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isBadRequest, NULL_ID, readRequest } from './envelope.js';

const read = (json: string) => readRequest(JSON.parse(json));
const call = (members: string) => read(`{"jsonrpc":"2.0","method":"m"${members}}`);

test('0 and "" are ids, and -0 is 0', () => {
  for (const [json, id] of [
    ['0', '0'],
    ['""', '""'],
    ['-0', '0'],
    ['9007199254740991', '9007199254740991'],
    ['"a\\u0022b"', '"a\\"b"'],
  ]) {
    const request = call(`,"id":${json}`);
    assert.ok(!isBadRequest(request), json);
    assert.equal(request.idJson, id);
  }
});

test('no other value is an id, and none of them is repeated in the answer', () => {
  const long = JSON.stringify('x'.repeat(129));
  for (const json of ['null', '1.5', '9007199254740992', '1e400', 'true', '[]', '{}', long]) {
    const request = call(`,"id":${json}`);
    assert.ok(isBadRequest(request), json);
    assert.equal(request.failure.code, -32600);
    assert.equal(request.idJson, NULL_ID);
  }
});

test('without an id it is a notification; arrays as params do not make it one that is answered', () => {
  const plain = call('');
  assert.ok(!isBadRequest(plain));
  assert.equal(plain.idJson, null);
  const positional = call(',"params":[1]');
  assert.ok(isBadRequest(positional));
  assert.equal(positional.failure.code, -32602);
  assert.equal(positional.idJson, null);
});

test('params that are no structure make no request, and are answered under the id it had', () => {
  for (const params of ['null', '1', '"x"', 'false']) {
    const request = call(`,"params":${params},"id":7`);
    assert.ok(isBadRequest(request));
    assert.equal(request.failure.code, -32600);
    assert.equal(request.idJson, '7');
  }
});

test('whatever JSON arrives, it is judged, and an answer never carries an id that was not valid', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const request = read(json);
      const id = request.idJson ?? 'null';
      const parsed: unknown = JSON.parse(id);
      assert.ok(parsed === null || typeof parsed === 'string' || Number.isSafeInteger(parsed));
    }),
  );
});
