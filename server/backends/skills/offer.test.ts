import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTools } from './offer.js';

const tool = (name: string, change: object = {}) => ({
  name,
  description: 'd',
  inputSchema: { type: 'object' },
  ...change,
});
const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });

test('tools come in the order of their names, each once, with what a model needs and no more', () => {
  const listed = [
    tool('b', { title: 't', annotations: { x: 1 } }),
    tool('a', { description: undefined, inputSchema: {} }),
    tool('b'),
  ];
  assert.deepEqual(readTools(listed), [
    { name: 'a', description: '', parameters: { type: 'object' } },
    { name: 'b', description: 'd', parameters: { type: 'object' } },
  ]);
});

test('what is no tool is left out', () => {
  const odd = [
    null,
    5,
    tool(''),
    tool('a b'),
    tool('a\u001b[2J'),
    tool('x'.repeat(129)),
    tool('a', { description: 5 }),
    tool('a', { inputSchema: [] }),
    tool('a', { inputSchema: { type: 'array' } }),
    tool('a', { inputSchema: deep(32) }),
    tool('a', { description: 'x'.repeat(64 * 1024) }),
  ];
  assert.deepEqual(readTools(odd), []);
  assert.equal(readTools([tool('a', { inputSchema: deep(31) })]).length, 1);
});

test('a list that is too long or too large is no list', () => {
  const many = (count: number, change: object = {}) =>
    Array.from({ length: count }, (_, at) => tool(`t${at}`, change));
  assert.equal(readTools(many(512)).length, 512);
  assert.throws(() => readTools(many(513)), /lists more than 512 tools/);
  assert.throws(() => readTools(many(20, { description: 'x'.repeat(30_000) })), /more than 512 KiB/);
});
