import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asCommand, asMessage, complete } from './commands.js';

test('one slash is a command, two are a message, and anything else is one, too', () => {
  assert.deepEqual(asCommand('/channel  new Deep Work '), { name: 'channel', words: 'new Deep Work' });
  assert.deepEqual(asCommand('/'), { name: '', words: '' });
  assert.equal(asCommand('//channel'), null);
  assert.equal(asCommand(' /channel'), null);
  assert.equal(asMessage('//usr/bin'), '/usr/bin');
  assert.equal(asMessage('a // b'), 'a // b');
});

test('Tab completes commands, and behind /channel the channels', () => {
  assert.deepEqual(complete('/h', []), [['/history ', '/help'], '/h']);
  assert.deepEqual(complete('/channel c', ['coding', 'chess', 'default']), [['coding', 'chess'], 'c']);
  assert.deepEqual(complete('/channel Deep W', ['Deep Work']), [['Deep Work'], 'Deep W']);
  assert.deepEqual(complete('/channel n', []), [['new '], 'n']);
  assert.deepEqual(complete('hello', ['hello']), [[], 'hello']);
  assert.deepEqual(complete('//h', []), [[], '//h']);
});
