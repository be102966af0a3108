import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROTOCOL } from '../../../schemas/codes.js';
import { SkillUses } from './skill-uses.js';

const use = (change: object = {}) => ({
  invocationId: 'inv-1',
  skill: 'notes.read',
  arguments: { path: 'a' },
  ok: true,
  content: 'b',
  ...change,
});

test('what was used is kept in its order; nothing is null', () => {
  const uses = new SkillUses();
  assert.equal(uses.all, null);
  uses.add(use());
  uses.add(use({ invocationId: 'inv-2', ok: false }));
  const kept = { skill: 'notes.read', arguments: { path: 'a' }, content: 'b' };
  assert.deepEqual(uses.all, [
    { invocation_id: 'inv-1', ...kept, ok: true },
    { invocation_id: 'inv-2', ...kept, ok: false },
  ]);
});

test('what has begun is told as such until it ends, which it does once', () => {
  const uses = new SkillUses();
  const { ok: _ok, content: _content, ...begun } = use();
  uses.begin(begun);
  uses.begin({ ...begun, invocationId: 'inv-2' });
  assert.equal(uses.all, null);
  uses.end('inv-1', true, 'b');
  const told = () => uses.soFar.map(({ invocation_id, ok, content }) => [invocation_id, ok, content]);
  const first = ['inv-1', true, 'b'];
  assert.deepEqual(told(), [first, ['inv-2', false, 'The gateway was ended before it had a result.']]);
  uses.endAll('cut');
  uses.end('inv-2', true, 'late');
  assert.deepEqual(told(), [first, ['inv-2', false, 'cut']]);
  assert.deepEqual(uses.all, uses.soFar);
  for (let at = 0; at < 100; at += 1) {
    uses.begin({ ...begun, invocationId: `inv-${at}`, arguments: { a: '漢'.repeat(900) } });
  }
  assert.ok(Buffer.byteLength(JSON.stringify({ skills: uses.soFar })) <= PROTOCOL.maxMetadataBytes);
});

test('arguments that are long, deep, or no text that can be stored are left out', () => {
  let deep: object = {};
  for (let level = 0; level < PROTOCOL.maxMetadataDepth; level += 1) deep = { deep };
  for (const args of [{ a: 'x'.repeat(2000) }, deep, { a: '\ud800' }, { '\udfff': 1 }]) {
    const uses = new SkillUses();
    uses.add(use({ arguments: args }));
    assert.ok(!('arguments' in (uses.all?.[0] ?? { arguments: '' })), JSON.stringify(args));
  }
  const uses = new SkillUses();
  uses.add(use({ arguments: { a: '\\ud800 😀' }, content: '\ud800' }));
  assert.deepEqual(uses.all?.[0]?.arguments, { a: '\\ud800 😀' });
  assert.ok(uses.all?.[0]?.content.isWellFormed());
});

test('however many there are, all together stay within what is stored of a reply', () => {
  const uses = new SkillUses();
  for (let at = 0; at < 100; at += 1) uses.add(use({ content: '漢'.repeat(2000) }));
  const bytes = Buffer.byteLength(JSON.stringify({ skills: uses.all }));
  assert.ok(bytes > PROTOCOL.maxMetadataBytes / 2 && bytes <= PROTOCOL.maxMetadataBytes, `${bytes}`);
});
