import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.js';

const logTo = (isTTY: boolean) => {
  const lines: string[] = [];
  return { lines, log: createLog('info', { isTTY, write: (text) => void lines.push(text) }) };
};

test('one JSON object a line, whatever stands in it', () => {
  const { lines, log } = logTo(false);
  log.info({ client_id: 'a\n{"level":60}', n: 1 }, 'two\nlines');
  log.debug('unheard');
  assert.equal(lines.length, 1);
  const [line = ''] = lines;
  assert.equal(line.indexOf('\n'), line.length - 1);
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  assert.equal(typeof time, 'number');
  assert.deepEqual(rest, { level: 30, client_id: 'a\n{"level":60}', n: 1, msg: 'two\nlines' });
});

test('one readable line each on a terminal, which nothing in it can break or turn', () => {
  const { lines, log } = logTo(true);
  log.warn({ session_id: 'sess-1', said: 'two words', list: [1, 'x'] }, 'It fails.');
  assert.match(
    lines[0] ?? '',
    /^\d\d:\d\d:\d\d warn {2}It fails\. {2}session_id=sess-1 {2}said="two words" {2}list=\[1,"x"\]\n$/,
  );
  log.error({ said: 'a\u001b[2Jb\u009bc\u202ed', plain: 'x\ny' }, 'red\u001b[31m\r\nforged');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  assert.doesNotMatch((lines[1] ?? '').slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u202e]/);
  assert.match(lines[1] ?? '', /red\\u001b\[31m\\u000d\\u000aforged/);
});
