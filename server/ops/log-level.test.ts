import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.js';
import { type LogLevel, LogLevelSwitch } from './log-level.js';

const switchAt = (configured: LogLevel) => {
  let written = '';
  const log = createLog(configured, {
    write: (text) => {
      written += text;
    },
  });
  const said = (): string[] => {
    const lines = written.split('\n').filter((line) => line !== '');
    written = '';
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  };
  return { log, said, level: new LogLevelSwitch(log, configured) };
};

for (const [configured, steps] of [
  ['error', ['info', 'debug', 'trace', 'error', 'info']],
  ['warn', ['info', 'debug', 'trace', 'warn']],
  ['info', ['debug', 'trace', 'info', 'debug']],
  ['debug', ['trace', 'debug', 'trace']],
  ['trace', ['trace', 'trace']],
] as const) {
  test(`from ${configured} on: each step says more, and behind the last it is ${configured} again`, () => {
    const { log, said, level } = switchAt(configured);
    for (const step of steps) {
      assert.equal(level.step(), step);
      assert.equal(log.level, step);
      const [sentence, ...more] = said();
      assert.equal(more.length, 0);
      assert.match(
        sentence ?? 'nothing was said',
        step === configured ? /^log\.level is \w+, as configured$/ : /until the next SIGUSR2 or reload$/,
      );
    }
  });
}

test('what has to be said is said at any level, which stays', () => {
  for (const configured of ['error', 'warn', 'info', 'trace'] as const) {
    const { log, said, level } = switchAt(configured);
    level.say({}, 'it listens');
    assert.deepEqual([said(), log.level], [['it listens'], configured]);
  }
});

test('a reload ends what a signal has begun', () => {
  const { log, level } = switchAt('info');
  level.step();
  level.configure('warn');
  assert.equal(log.level, 'warn');
  assert.equal(level.step(), 'info');
});
