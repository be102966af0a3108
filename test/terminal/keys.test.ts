import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { NO_TERMINAL } from '../helpers/pseudo-terminal.js';
import { ALT_ENTER, CTRL_C, CTRL_D, chatIn, DOWN, ENTER, UP } from './session.js';

const skip = NO_TERMINAL;

test('a conversation: a prompt with the channel, a reply, Ctrl+D ends it', { skip }, async (t) => {
  const { home, url } = await startTestGateway(t, { config: engine(0) });
  const chat = chatIn(t, home.dir);
  await chat.shows(/\/help lists commands and keys; Ctrl-D ends\.\ndefault>$/);
  assert.match(chat.text, new RegExp(`^Connected to ${url}, channel default\\.\n`));
  chat.type(`Hello${ENTER}`);
  await chat.shows(/default> Hello\nThis is the embedded engine: .*You said: Hello\ndefault>$/);
  chat.type(CTRL_D);
  assert.equal(await chat.exited, 0);
  assert.ok(
    chat.raw.includes('\u001b[?2004h') && chat.raw.endsWith('\u001b[?2004l'),
    'marks of pastes, until the end',
  );
});

test('Ctrl+C cancels the reply, clears what is typed, and never ends the program', { skip }, async (t) => {
  const { home } = await startTestGateway(t, { config: engine(20) });
  const chat = chatIn(t, home.dir);
  await chat.shows(/default>$/);
  chat.paste(ENDLESS);
  await chat.shows(/word9999$/);
  chat.type(ENTER);
  await chat.shows(/You said: word0 word1 /);
  chat.type(CTRL_C);
  await chat.shows(/\nThe reply was cancelled\.\ndefault>$/);
  chat.type('something long');
  await chat.shows(/default> something long$/);
  chat.type(CTRL_C);
  await chat.shows(/default> something long\ndefault>$/);
  chat.type(CTRL_C);
  await chat.shows(/\n\/quit or Ctrl-D ends the conversation\.\ndefault>$/);
  chat.type(CTRL_C.repeat(3));
  chat.type(`too soon${ENTER}${CTRL_C}`);
  await chat.shows(/default> too soon\ndefault> too soon$/);
  chat.type(CTRL_C);
  chat.type(`still there?${ENTER}`);
  await chat.shows(/default> still there\?\nThis is the embedded engine/);
  assert.equal(chat.text.match(/\/quit or Ctrl-D/g)?.length, 1, 'hinted once');
});

test('what is typed during a reply is shown behind it, and what was sent off is sent then', {
  skip,
}, async (t) => {
  const { home } = await startTestGateway(t, { config: engine(100) });
  const chat = chatIn(t, home.dir);
  await chat.shows(/default>$/);
  chat.type(`one${ENTER}`);
  await chat.shows(/embedded engine/);
  chat.type(`two${ENTER}and thr`);
  await chat.shows(/You said: one\ndefault> two\n(?:.*\n)*?.*You said: two/);
  chat.type(`ee${ENTER}`);
  await chat.shows(/\ndefault> and three\nThis is/);
  chat.type('four\rfive');
  chat.type(CTRL_C);
  await chat.shows(/The reply was cancelled\.\ndefault> four\nfive$/);
});

test('a message has several lines: pasted, with Alt+Enter, Ctrl+J, or a backslash', { skip }, async (t) => {
  const { home, login } = await startTestGateway(t, { config: engine(0) });
  const chat = chatIn(t, home.dir);
  await chat.shows(/default>$/);
  chat.type('before ');
  chat.paste('one\n  two\tx\u001b[31m\u0003\u0004\nthree\n');
  await chat.shows(/default> before one\n {2}two\s+x\nthree$/);
  chat.type(`!${ENTER}`);
  await chat.shows(/You said: before one\n(?:.*\n)*default>$/);
  chat.type(`a${ALT_ENTER}b\nc\\${ENTER}d`);
  await chat.shows(/default> a\nb\nc\nd$/);
  // Up to the first line, and to the end of it.
  chat.type(`${UP}${UP}${UP}1${DOWN}2${ENTER}`);
  await chat.shows(/You said: a1\nb2\nc\nd\n/);
  chat.type(`kept \\\\${ENTER}`);
  await chat.shows(/You said: kept \\\\/);
  const client = await login();
  const { messages } = await client.call('chat.history', {});
  const said = (messages as { role: string; content: string }[]).filter(({ role }) => role === 'user');
  assert.deepEqual(
    said.map(({ content }) => content),
    ['before one\n  two\tx\nthree!', 'a1\nb2\nc\nd', 'kept \\\\'],
  );
});

test('earlier messages come back, also in the next conversation', { skip }, async (t) => {
  const { home } = await startTestGateway(t, { config: engine(0) });
  const first = chatIn(t, home.dir);
  await first.shows(/default>$/);
  for (const text of ['alpha one', 'beta', 'beta', 'alpha two']) {
    first.type(`${text}${ENTER}`);
    await first.shows(new RegExp(`You said: ${text}\n(?:.*\n)*default>$`));
  }
  first.type(CTRL_D);
  assert.equal(await first.exited, 0);
  assert.equal(statSync(home.chatHistoryFile).mode & 0o777, 0o600);
  assert.equal(readFileSync(home.chatHistoryFile, 'utf8'), '"alpha one"\n"beta"\n"alpha two"\n');

  const second = chatIn(t, home.dir);
  await second.shows(/default>$/);
  second.type(`draft${'\u0001'}`);
  second.type(UP);
  await second.shows(/default> alpha two$/);
  second.type(UP);
  await second.shows(/default> beta$/);
  second.type(`${DOWN}${DOWN}`);
  await second.shows(/default> draft$/);
  second.type(`${CTRL_C}al`);
  await second.shows(/default> al$/);
  second.type(`${UP}${UP}`);
  await second.shows(/default> alpha one$/);
  second.type(`${CTRL_C}\u0012bet`);
  await second.shows(/search “bet” > beta$/);
  second.type('\u0005');
  await second.shows(/default> beta$/);
  second.type(`${CTRL_C}\u0012alpha\u0012`);
  await second.shows(/search “alpha” > alpha one$/);
  second.type(CTRL_C);
  await second.shows(/default>$/);
});

test('a history that cannot be kept stops nobody', { skip }, async (t) => {
  const { home, url, token } = await startTestGateway(t, { config: engine(0) });
  mkdirSync(home.chatHistoryFile);
  const chat = chatIn(t, home.dir);
  await chat.shows(/What you type is not kept for the next time: it is no file\.\ndefault>$/);
  chat.type(`Hello${ENTER}`);
  await chat.shows(/You said: Hello\ndefault>$/);
  chat.type(UP);
  await chat.shows(/default> Hello$/);

  // Somebody else's home, which cannot be used either.
  const elsewhere = temporaryFolder(t);
  chmodSync(elsewhere, 0o777);
  const env = { OPENCLAW_TOKEN: token, OPENCLAW_URL: url };
  const other = chatIn(t, elsewhere, [], { env });
  await other.shows(/is not kept for the next time: .* can be written by everyone\.\ndefault>$/);
  other.type(`Bye${ENTER}`);
  await other.shows(new RegExp(`${embeddedReply('Bye').slice(0, 30)}`));
});

test('a terminal that is closed ends the program', { skip }, async (t) => {
  const { home, login } = await startTestGateway(t, { config: engine(20) });
  const chat = chatIn(t, home.dir);
  await chat.shows(/default>$/);
  chat.type(`one two three four five six${ENTER}`);
  await chat.shows(/embedded/);
  const watcher = await login();
  const connections = async () => (await watcher.call('system.status', {})).active_connections;
  assert.equal(await connections(), 2);
  chat.child.kill('SIGKILL');
  while ((await connections()) !== 1);
});
