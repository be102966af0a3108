import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArgumentChecker } from './arguments.js';

const check = (schema: object, args: object): string | null =>
  new ArgumentChecker(schema as { [key: string]: unknown }).problem(args as { [key: string]: unknown });

test('arguments are checked by the dialect that a schema is written in', () => {
  const pair = { properties: { a: { prefixItems: [{ type: 'string' }, { type: 'number' }], items: false } } };
  assert.equal(check(pair, { a: ['x', 1] }), null);
  assert.match(
    check(pair, { a: ['x', 'y'] }) ?? '',
    /^The arguments do not fit the tool: \/a\/1 must be number\.$/,
  );
  const old = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    properties: { a: { items: [{ type: 'string' }] } },
  };
  assert.match(check(old, { a: [1] }) ?? '', /\/a\/0 must be string/);
});

test('problems are named, a few of them', () => {
  const schema = {
    type: 'object',
    properties: { path: { type: 'string' } },
    required: ['path'],
    additionalProperties: false,
  };
  assert.match(check(schema, {}) ?? '', /the whole must have required property 'path'/);
  assert.match(check(schema, { path: 'x', paht: 1 }) ?? '', /must NOT have additional properties \(paht\)/);
  assert.equal(check(schema, { path: 'x' }), null);
});

test('a schema that cannot be used lets nothing through', () => {
  for (const schema of [
    { $ref: 'https://elsewhere.example/schema.json' },
    { type: 'strnig' },
    { properties: { a: { pattern: '(' } } },
    { $async: true, type: 'object', required: ['a'] },
    { $ref: '#/nowhere' },
    { properties: 5 },
  ]) {
    assert.match(check(schema, {}) ?? '', /cannot be used/, JSON.stringify(schema));
  }
});

test('a schema with the same $id as another’s is its own', () => {
  const a = { $id: 'https://x.example/s', type: 'object', required: ['a'] };
  const b = { $id: 'https://x.example/s', type: 'object', required: ['b'] };
  assert.match(check(a, {}) ?? '', /'a'/);
  assert.match(check(b, {}) ?? '', /'b'/);
});

test('unknown words and formats of a schema are remarks', () => {
  assert.equal(
    check({ 'x-note': 1, properties: { u: { type: 'string', format: 'uri' } } }, { u: 'no uri' }),
    null,
  );
});
