import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SkillInfo } from '../../backends/skills/port.js';
import { offerOf } from './offered-tools.js';

const skill = (change: Partial<SkillInfo> = {}): SkillInfo => ({
  name: 'notes.read',
  toolName: 'notes__read',
  server: 'notes',
  tool: 'read',
  description: 'Reads.',
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
  state: 'ready',
  ...change,
});

test('what is ready is offered by the name that models know, to be run in the background too', () => {
  const { tools, leftOut } = offerOf([skill(), skill({ state: 'changed' }), skill({ state: 'failed' })]);
  assert.deepEqual([tools.length, leftOut], [1, 0]);
  assert.equal(tools[0]?.name, 'notes__read');
  assert.deepEqual(Object.keys(tools[0]?.parameters.properties as object), ['path', 'background']);
});

test('a skill keeps an argument of its own that is called background', () => {
  const parameters = { type: 'object', properties: { background: { type: 'string' } } };
  assert.deepEqual(offerOf([skill({ parameters })]).tools[0]?.parameters, parameters);
});

test('however many there are, and however large, a request stays within bounds', () => {
  const many = offerOf(Array.from({ length: 1000 }, (_, at) => skill({ toolName: `notes__${at}` })));
  assert.deepEqual([many.tools.length, many.leftOut], [128, 872]);
  const large = skill({ description: '漢'.repeat(20_000) });
  const { tools, leftOut } = offerOf([...Array.from({ length: 100 }, () => large), skill()]);
  assert.ok(Buffer.byteLength(JSON.stringify(tools)) < 257 * 1024);
  assert.equal(tools.length + leftOut, 101);
  assert.equal(tools.at(-1)?.description, 'Reads.', 'a small one still fits');
});
