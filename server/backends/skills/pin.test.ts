import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { differenceOf, type OfferedTool, pinOf } from './pin.js';

const echo: OfferedTool = {
  name: 'echo',
  description: 'Says it again',
  parameters: { type: 'object', properties: { a: { type: 'string' }, b: { enum: [1, 2] } } },
};
const add: OfferedTool = { name: 'add', description: 'Adds', parameters: { type: 'object' } };

test('the order of tools and of members makes no difference', () => {
  const turned = {
    ...echo,
    parameters: { properties: { b: { enum: [1, 2] }, a: { type: 'string' } }, type: 'object' },
  };
  assert.deepEqual(pinOf([echo, add]), pinOf([add, turned]));
  assert.match(pinOf([]).hash, /^[0-9a-f]{64}$/);
});

test('everything that a model sees does', () => {
  const others: readonly OfferedTool[] = [
    { ...echo, name: 'echo2' },
    { ...echo, description: 'Says it again ' },
    { ...echo, parameters: { type: 'object', properties: { a: { type: 'string' }, b: { enum: [2, 1] } } } },
    { ...echo, parameters: {} },
  ];
  const hashes = [echo, ...others].map((tool) => pinOf([tool]).hash);
  assert.equal(new Set([...hashes, pinOf([]).hash, pinOf([echo, add]).hash]).size, 7);
});

test('a difference names what was added, changed and removed', () => {
  const before = pinOf([echo, add]);
  const after = pinOf([
    { ...echo, description: 'Also sends it elsewhere' },
    { ...add, name: 'sum' },
  ]);
  assert.deepEqual(differenceOf(before, after), { added: ['sum'], changed: ['echo'], removed: ['add'] });
  assert.deepEqual(differenceOf(before, before), { added: [], changed: [], removed: [] });
});

test('names that objects have of themselves are names like any other', () => {
  const odd = ['constructor', '__proto__', 'toString'].map((name) => ({ ...add, name }));
  const pin = pinOf(odd);
  assert.deepEqual(differenceOf(pinOf([]), pin).added.toSorted(), ['__proto__', 'constructor', 'toString']);
  assert.deepEqual(JSON.parse(JSON.stringify(pin)).tools, pin.tools);
});

test('a hash is of the value and nothing else', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (parameters) => {
      const again = JSON.parse(JSON.stringify(parameters));
      assert.equal(pinOf([{ ...echo, parameters }]).hash, pinOf([{ ...echo, parameters: again }]).hash);
    }),
  );
});
