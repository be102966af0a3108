import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Home, resolveHome } from '../../server/config/home.js';
import { HistoryFile } from './history-file.js';

const openHome = (t: TestContext): Home => {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-history-'));
  t.after(() => {
    chmodSync(dir, 0o700);
    rmSync(dir, { recursive: true });
  });
  return resolveHome({ OPENCLAW_HOME: join(dir, 'home') });
};

const modeOf = (file: string): number => statSync(file).mode & 0o777;

test('what is typed is there the next time, private, without doubled neighbours and blanks', (t) => {
  const home = openHome(t);
  const first = new HistoryFile(home);
  assert.ok(!existsSync(home.chatHistoryFile), 'nothing is written before there is something');
  for (const text of ['one', 'one', '  \n', 'two\nlines "quoted"', 'one']) first.add(text);
  assert.deepEqual([modeOf(home.dir), modeOf(home.chatHistoryFile)], [0o700, 0o600]);
  const second = new HistoryFile(home);
  assert.deepEqual(second.entries, ['one', 'two\nlines "quoted"', 'one']);
  assert.equal(second.problem, null);
  second.add('one');
  assert.equal(readFileSync(home.chatHistoryFile, 'utf8').split('\n').length, 4);
});

test('conversations side by side keep both', (t) => {
  const home = openHome(t);
  const [one, other] = [new HistoryFile(home), new HistoryFile(home)];
  one.add('a');
  other.add('b');
  one.add('c');
  assert.deepEqual(new HistoryFile(home).entries, ['a', 'b', 'c']);
});

test('the file is bounded: entries, their length, and what others have put there', (t) => {
  const home = openHome(t);
  const history = new HistoryFile(home);
  for (let at = 0; at < 1200; at++) history.add(`message ${at}`);
  history.add('x'.repeat(9000));
  assert.equal(history.entries.at(-1)?.length, 9000, 'known in this conversation');
  assert.ok(readFileSync(home.chatHistoryFile, 'utf8').split('\n').length <= 1001);
  const next = new HistoryFile(home).entries;
  assert.deepEqual([next.length, next[0], next.at(-1)], [500, 'message 700', 'message 1199']);

  const line = `${JSON.stringify('y'.repeat(8000))}\n`;
  for (let at = 0; at < 300; at++) appendFileSync(home.chatHistoryFile, at % 2 === 0 ? line : '"z"\n');
  const large = new HistoryFile(home);
  assert.ok(large.entries.length > 200 && large.entries.length <= 500);
  assert.ok(statSync(home.chatHistoryFile).size <= 1024 * 1024 + 8192);
});

test('whatever stands in the file, what is no entry is passed over, and none commands the terminal', (t) => {
  const home = openHome(t);
  mkdirSync(home.dir, { mode: 0o700 });
  const lines = [
    '"good"',
    'not JSON',
    '{"a":1}',
    '',
    '5',
    '"\\u001b[2Jbad\\u009b"',
    `"${'x'.repeat(9000)}"`,
    '"to',
  ];
  writeFileSync(home.chatHistoryFile, lines.join('\n'), { mode: 0o644 });
  const history = new HistoryFile(home);
  assert.deepEqual(history.entries, ['good', '[2Jbad']);
  assert.equal(modeOf(home.chatHistoryFile), 0o600);
  history.add('new');
  assert.deepEqual(new HistoryFile(home).entries, ['good', '[2Jbad', 'new'], 'no part of the torn line');
  writeFileSync(home.chatHistoryFile, Buffer.from([0xff, 0x00, 0x0a, 0xc3]));
  assert.deepEqual(new HistoryFile(home).entries, []);
});

test('what cannot be kept is known until the end, and said once why', (t) => {
  const home = openHome(t);
  mkdirSync(home.chatHistoryFile, { recursive: true });
  const history = new HistoryFile(home);
  history.add('one');
  assert.deepEqual([history.entries, history.problem], [['one'], 'it is no file']);
  const nowhere = new HistoryFile({ ...home, dir: '/dev/null/home', chatHistoryFile: '/dev/null/home/x' });
  nowhere.add('one');
  assert.deepEqual(nowhere.entries, ['one']);
  assert.match(nowhere.problem ?? '', /^The home directory \/dev\/null\/home cannot be made: /);
});
