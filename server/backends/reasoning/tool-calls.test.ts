import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProviderFailure } from './failure.js';
import { ToolCallParts } from './tool-calls.js';

const NOTHING = { index: undefined, id: undefined, name: undefined, arguments: undefined };

test('fragments of several calls, however they come one between another, are put together by their number', () => {
  const call = fc.record({ name: fc.string({ minLength: 1 }), argumentsJson: fc.json() });
  fc.assert(
    fc.property(
      fc.array(call, { minLength: 1, maxLength: 5 }),
      fc.infiniteStream(fc.nat(4)),
      (calls, order) => {
        const parts = new ToolCallParts();
        for (const [index, { name }] of calls.entries())
          parts.add({ ...NOTHING, index, id: `id-${index}`, name });
        const left = calls.map(({ argumentsJson }) => [...argumentsJson]);
        while (left.some(({ length }) => length > 0)) {
          const index = (order.next().value as number) % calls.length;
          const piece = left[index]?.shift() ?? left.find(({ length }) => length > 0) ?? null;
          if (typeof piece === 'string') parts.add({ ...NOTHING, index, arguments: piece });
        }
        assert.deepEqual(
          parts.calls(),
          calls.map(({ name, argumentsJson }, index) => ({
            id: `id-${index}`,
            name,
            argumentsJson: argumentsJson.trim() === '' ? '{}' : argumentsJson,
          })),
        );
      },
    ),
  );
});

test('servers that number every call 0, or none, or give no id', () => {
  const names = (fragments: readonly object[]): string[] => {
    const parts = new ToolCallParts();
    for (const fragment of fragments) parts.add({ ...NOTHING, ...fragment });
    return parts.calls().map(({ id, name, argumentsJson }) => `${id} ${name} ${argumentsJson}`);
  };
  const expected = ['a look {"x":1}', 'b find {}'];
  assert.deepEqual(
    names([
      { index: 0, id: 'a', name: 'look', arguments: '{"x"' },
      { index: 0, arguments: ':1}' },
      { index: 0, id: 'b', name: 'find', arguments: '{}' },
    ]),
    expected,
  );
  assert.deepEqual(
    names([
      { id: 'a', name: 'look', arguments: '{"x"' },
      { arguments: ':1}' },
      { id: 'b', name: 'find', arguments: '' },
    ]),
    expected,
  );
  assert.deepEqual(names([{ name: 'look', arguments: '{}' }, { name: 'find' }]), [
    'call_0 look {}',
    'call_1 find {}',
  ]);
  assert.deepEqual(names([{ index: 0, arguments: '{}' }]), []);
});

test('more than any model has to say is a failure', () => {
  const many = new ToolCallParts();
  assert.throws(() => {
    for (let index = 0; index < 200; index += 1) many.add({ ...NOTHING, index, name: 'look' });
  }, ProviderFailure);
  const long = new ToolCallParts();
  assert.throws(() => {
    for (;;) long.add({ ...NOTHING, index: 0, arguments: 'x'.repeat(100_000) });
  }, ProviderFailure);
});
