import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CLOSES, ERRORS } from './codes.js';
import { METHODS } from './generated/methods.js';
import { OPENRPC_JSON } from './generated/openrpc.js';
import { buildOpenRpc } from './openrpc.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const document = buildOpenRpc(version);

test('the generated constant is the document of this version', () => {
  assert.deepEqual(JSON.parse(OPENRPC_JSON), JSON.parse(JSON.stringify(document)));
});

test('every method but the internal ones is there, in the order of the table', () => {
  const listed = METHODS.filter(({ direction }) => direction !== 'Internal');
  assert.deepEqual(
    document.methods.map((method) => [
      method.name,
      method['x-direction'],
      method['x-target'],
      method['x-scope'],
    ]),
    listed.map(({ name, direction, target, scope }) => [name, direction, target, scope]),
  );
});

test('the document has the structure of OpenRPC 1.3', () => {
  assert.match(document.openrpc, /^1\.3\.\d+$/);
  assert.equal(document.info.version, version);
  const members = new Set(['openrpc', 'info', 'servers', 'methods', 'components']);
  for (const key of Object.keys(document)) assert.ok(members.has(key) || key.startsWith('x-'), key);
  const ofMethod = new Set(['name', 'summary', 'paramStructure', 'params', 'result', 'errors']);
  for (const method of document.methods) {
    for (const key of Object.keys(method)) assert.ok(ofMethod.has(key) || key.startsWith('x-'), key);
    assert.equal(method.paramStructure, 'by-name');
    assert.equal(new Set(method.params.map(({ name }) => name)).size, method.params.length);
    for (const descriptor of [...method.params, ...(method.result === undefined ? [] : [method.result])]) {
      assert.equal(typeof descriptor.name, 'string');
      assert.equal(typeof descriptor.required, 'boolean');
      assert.equal(typeof descriptor.schema, 'object');
    }
  }
});

test('a request has a result, a notification has none', () => {
  for (const method of document.methods) {
    assert.equal(method.result !== undefined, method['x-direction'] === 'Client → Server', method.name);
  }
});

test('every error reference leads to a component outside the range that JSON-RPC keeps', () => {
  for (const { name, errors } of document.methods) {
    assert.equal(new Set(errors.map(({ $ref }) => $ref)).size, errors.length);
    for (const { $ref } of errors) {
      const component = document.components.errors[$ref.replace('#/components/errors/', '')];
      assert.ok(component !== undefined, `${name}: ${$ref}`);
      assert.ok(component.code < -32768 || component.code > -32000);
    }
  }
  const application = Object.values(ERRORS).filter(({ code }) => code > 0);
  assert.equal(Object.keys(document.components.errors).length, application.length);
  assert.equal(document['x-close-codes'].length, Object.keys(CLOSES).length);
});

test('a method that takes a channel may answer that there is none', () => {
  const errorsOf = (name: string) => document.methods.find((method) => method.name === name)?.errors;
  const notFound = { $ref: '#/components/errors/channelNotFound' };
  assert.ok(errorsOf('chat.send')?.some(({ $ref }) => $ref === notFound.$ref));
  assert.ok(!errorsOf('system.ping')?.some(({ $ref }) => $ref === notFound.$ref));
});
