import assert from 'node:assert/strict';
import { test } from 'node:test';
import { embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { startNetwork } from '../helpers/network.js';
import { NO_TERMINAL } from '../helpers/pseudo-terminal.js';
import { addToken, tokenFileOf } from '../helpers/tokens.js';
import { CTRL_C, CTRL_D, chatIn, ENTER } from './session.js';

const skip = NO_TERMINAL;

test('a gateway that is killed and started again in the middle of a reply', { skip }, async (t) => {
  const homeDir = temporaryFolder(t);
  const config = engine(50);
  const first = await startGatewayProcess(t, { homeDir, config });
  const network = await startNetwork(t, first.port);
  const chat = chatIn(t, homeDir, [], { env: { OPENCLAW_URL: network.url } });
  await chat.shows(/default>$/);
  chat.type(`one two three four five six seven eight nine ten${ENTER}`);
  await chat.shows(/You said: one/);
  chat.type('typed meanwhile');
  await first.kill();
  network.tear();
  await chat.shows(/^Connection lost, reconnecting…$/m);
  const second = await startGatewayProcess(t, { homeDir, config });
  network.lead(second.port);
  await chat.shows(
    /Connected again\.\n(?:.*\n)*?The reply was cut short: send the message again\.\ndefault> typed meanwhile$/,
  );
  chat.type(` and sent${ENTER}`);
  await chat.shows(/default> typed meanwhile and sent\nThis is(?:.*\n)*default>$/);
  chat.type(CTRL_D);
  assert.equal(await chat.exited, 0);
});

test('a network that tears: the reply goes on where it was, without a word lost or doubled', {
  skip,
}, async (t) => {
  const { home, port, token } = await startTestGateway(t, { config: engine(40) });
  const network = await startNetwork(t, port);
  const env = { OPENCLAW_URL: network.url, OPENCLAW_TOKEN: token };
  const chat = chatIn(t, home.dir, [], { env });
  await chat.shows(/default>$/);
  const message = Array.from({ length: 40 }, (_, at) => `word${at}`).join(' ');
  chat.type(`${message}${ENTER}`);
  await chat.shows(/You said: word0 word1/);
  network.tear();
  await chat.shows(/Connection lost, reconnecting…/);
  network.lead(port);
  await chat.shows(/word39\ndefault>$/);
  const printed = chat.text.slice(
    chat.text.indexOf('This is the embedded'),
    chat.text.lastIndexOf('\ndefault>'),
  );
  const words = printed.split(/\s+/).join(' ');
  assert.equal(words.replace('Connection lost, reconnecting… Connected again. ', ''), embeddedReply(message));
});

test('without a connection: a message waits, and both it and a reply can be left', { skip }, async (t) => {
  const { home, port, token } = await startTestGateway(t, { config: engine(40) });
  const network = await startNetwork(t, port);
  const env = { OPENCLAW_URL: network.url, OPENCLAW_TOKEN: token };
  const chat = chatIn(t, home.dir, [], { env });
  await chat.shows(/default>$/);
  chat.type(`one two three four five six seven eight nine ten${ENTER}`);
  await chat.shows(/You said: one/);
  network.tear();
  await chat.shows(/Connection lost, reconnecting…/);
  chat.type(CTRL_C);
  await chat.shows(/It is cancelled as soon as the gateway is back; Ctrl-C again does not wait for that\./);
  chat.type(CTRL_C);
  await chat.shows(/The reply goes on without you; \/history shows what has come of it\.\ndefault>$/);
  chat.type(`/status${ENTER}`);
  await chat.shows(/Not connected to ws:\S+, channel default \(default\); trying again\.\ndefault>$/);
  chat.type(`/history${ENTER}`);
  await chat.shows(/default> \/history$/);
  chat.type(CTRL_C);
  await chat.shows(/Given up\.\ndefault>$/);
  chat.type(`never sent${ENTER}`);
  await chat.shows(/default> never sent$/);
  chat.type(CTRL_C);
  await chat.shows(/The message was cancelled before it was sent\.\ndefault>$/);
  chat.type(`sent later${ENTER}`);
  await chat.shows(/default> sent later$/);
  network.lead(port);
  await chat.shows(/Connected again\.\n(?:.*\n)*.*You said: sent later/);
});

test('notifications and others’ messages stand above what is being typed, and tear nothing', {
  skip,
}, async (t) => {
  const { home, login } = await startTestGateway(t, { config: engine(0) });
  const chat = chatIn(t, home.dir, [], { columns: 40, rows: 12 });
  await chat.shows(/default>$/);
  const typed = `${'a long line that the terminal breaks '.repeat(2)}end`;
  chat.type(typed);
  await chat.shows(/breaks end$/);
  const other = await login({ client_id: 'phone' });
  await other.call('system.notify', { type: 'reminder', msg: 'Meeting\u001b[2J at 3 PM' });
  await chat.shows(/\[reminder\] Meeting\[2J at 3 PM\ndefault> a long/);
  await other.call('chat.send', { message: 'from the\u001b[31m phone' });
  await chat.shows(
    /phone: from the\[31m phone\nThis is the embedded .*You said: from the\[31m phone\ndefault> a long/,
  );
  // Another channel’s are not shown here.
  const { channel_id } = await other.call('channel.create', { name: 'elsewhere' });
  await other.call('chat.send', { message: 'secret', channel: channel_id });
  chat.type(`!${ENTER}`);
  await chat.shows(/You said: a long.*end!\n(?:.*\n)*default>$/);
  assert.equal(chat.text.match(/default> a long/g)?.length, 1, chat.text);
  assert.ok(!chat.text.includes('secret'));
});

test('a token that is revoked ends the conversation, and says what to do', { skip }, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const token = await addToken(under, { principal: 'local', name: 'mine' });
  const chat = chatIn(t, under.home.dir, [], { env: { OPENCLAW_TOKEN: token } });
  await chat.shows(/default>$/);
  await tokenFileOf(under).revoke('mine');
  assert.equal(await chat.exited, 1);
  assert.match(
    chat.text,
    /\nConnection closed: code=4001, reason="Token revoked"\nMake another token with `openclaw token create` where the gateway runs\.$/,
  );
});
