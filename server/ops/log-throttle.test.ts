import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogThrottle } from './log-throttle.js';

const MINUTE_MS = 60_000;

const open = () => {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (_fields: object, sentence: string): void => {
      lines.push(`${level} ${sentence}`);
    };
  let nowMs = 0;
  const log = { info: at('info'), warn: at('warn'), error: at('error'), debug: at('debug') };
  const throttle = new LogThrottle(log, () => nowMs);
  return {
    throttle,
    pass: (ms: number) => {
      nowMs += ms;
    },
    taken: () => lines.splice(0),
  };
};

test('of each kind so many lines a minute are written, the others at debug, and counted', () => {
  const { throttle, pass, taken } = open();
  for (let at = 0; at < 5; at += 1) throttle.write('closes', 2, 'warn', {}, `close ${at}`);
  throttle.write('faults', 2, 'error', {}, 'fault');
  assert.deepEqual(taken(), [
    'warn close 0',
    'warn close 1',
    'debug close 2',
    'debug close 3',
    'debug close 4',
    'error fault',
  ]);
  pass(MINUTE_MS - 1);
  throttle.report();
  throttle.write('closes', 2, 'warn', {}, 'close 5');
  assert.deepEqual(taken(), ['debug close 5']);
  pass(1);
  throttle.write('closes', 2, 'warn', {}, 'close 6');
  assert.deepEqual(taken(), ['warn 4 more lines of closes were left out', 'warn close 6']);
});

test('what was left out is told although nothing more comes, once', () => {
  const { throttle, pass, taken } = open();
  for (let at = 0; at < 3; at += 1) throttle.write('closes', 1, 'info', {}, 'close');
  taken();
  pass(MINUTE_MS);
  throttle.report();
  assert.deepEqual(taken(), ['info 2 more lines of closes were left out']);
  pass(MINUTE_MS);
  throttle.report();
  throttle.write('closes', 1, 'info', {}, 'close');
  assert.deepEqual(taken(), ['info close']);
});
