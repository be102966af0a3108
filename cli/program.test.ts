import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHome } from './recorded-terminal.js';

const COMMANDS = ['gateway', 'chat', 'channel', 'token', 'config', 'completion'];

test('help lists every command with the words of its own help', async (t) => {
  const { run } = openHome(t);
  const whole = await run(['--help']);
  assert.equal(whole.status, 0);
  assert.equal(whole.stderr, '');
  const words = (text: string) => text.replaceAll(/\s+/g, ' ');
  for (const name of COMMANDS) {
    const own = await run([name, '--help']);
    assert.equal(own.status, 0, name);
    const description = own.stdout.split('\n\n')[1] ?? '';
    assert.ok(words(whole.stdout).includes(`${name} ${words(description)}`), `${name}: ${description}`);
    assert.deepEqual(await run(['help', name]), own, name);
  }
});

test('every subcommand explains itself', async (t) => {
  const { run } = openHome(t);
  for (const line of [
    'gateway methods',
    'channel list',
    'channel create',
    'channel update',
    'channel delete',
    'channel history',
    'notify list',
    'notify cancel',
    'token create',
    'token list',
    'token revoke',
    'token show',
    'config set',
  ]) {
    const { status, stdout } = await run([...line.split(' '), '--help']);
    assert.equal(status, 0, line);
    assert.ok(stdout.startsWith(`Usage: openclaw ${line} `), stdout);
  }
});

test('a command line that is wrong ends with 2 and one sentence', async (t) => {
  const { run } = openHome(t);
  const lines: [string, RegExp][] = [
    ['chta', /^Unknown command 'chta' \(Did you mean chat\?\): add --help to see how\.\n$/],
    ['--verbose', /^Unknown option '--verbose'.*\n$/],
    ['gateway --prt 1', /^Unknown option '--prt' \(Did you mean --port\?\): add --help to see how\.\n$/],
    ['gateway mehtods', /^Too many arguments for 'gateway'.*\n$/],
    ['chat a b', /^Too many arguments for 'chat'.*\n$/],
    ['token create', /^Required option '--name <name>' not specified.*\n$/],
    ['token revoke', /^Missing required argument 'name'.*\n$/],
    ['token create --name a --scopes root', /^There is no scope "root": .*\n$/],
    ['token create --name a --expires soon', /^"soon" is no duration: .*\n$/],
    ['channel history --limit many', /^Option '--limit <n>' argument 'many' is invalid\. It must be .*\n$/],
    ['chat hi --url http://127.0.0.1', /^The URL of the gateway must start with ws:\/\/ or wss:\/\/.*\n$/],
  ];
  for (const [line, expected] of lines) {
    const { status, stdout, stderr } = await run(line.split(' '));
    assert.equal(status, 2, line);
    assert.equal(stdout, '', line);
    assert.match(stderr, expected, line);
  }
  assert.equal((await run([])).status, 2);
  assert.equal((await run(['token'])).status, 2);
});

test('the methods are listed without a gateway', async (t) => {
  const { run } = openHome(t);
  const table = await run(['gateway', 'methods']);
  assert.equal(table.status, 0);
  assert.match(table.stdout, /^METHOD +DIRECTION +TARGET +SUMMARY\n/);
  assert.match(table.stdout, /^chat\.send +Client → Server +ReasoningLayer +Send a chat message$/m);
  assert.match(table.stdout, /^memory\.recall +Internal +MemorySystem +Recall relevant memories$/m);
  const rows = JSON.parse((await run(['gateway', 'methods', '--json'])).stdout) as { name: string }[];
  assert.equal(rows.length, table.stdout.trimEnd().split('\n').length - 1);
});

test('colour is for terminals, and can be switched off', async (t) => {
  const { run } = openHome(t);
  const methods = async (isTTY: boolean, env: Record<string, string>) =>
    (await run(['gateway', 'methods'], { isTTY, env })).stdout.includes('\u001b[');
  assert.equal(await methods(true, { TERM: 'xterm' }), true);
  assert.equal(await methods(true, { TERM: 'xterm', NO_COLOR: '1' }), false);
  assert.equal(await methods(true, { TERM: 'dumb' }), false);
  assert.equal(await methods(false, { TERM: 'xterm' }), false);
});

test('a value that cannot be is wrong usage, and says what can', async (t) => {
  const { run } = openHome(t);
  const cases: [string, RegExp][] = [
    ['gateway --port abc', /^--port: gateway\.port must be an integer from 0 to 65535/],
    ['gateway --port 70000', /^--port: .*65/],
    ['gateway --host nowhere!', /^--host: /],
    ['channel history --limit 0', /a whole number from 1 to 200/],
    ['channel history --before -1', /a whole number of 0 or more/],
  ];
  for (const [line, sentence] of cases) {
    const { status, stderr } = await run(line.split(' '));
    assert.equal(status, 2, line);
    assert.match(stderr, sentence, line);
  }
});

test('OPENCLAW_CONFIG names the configuration file, which must be there, and --config wins', async (t) => {
  const { run, home } = openHome(t);
  const file = join(home, 'other.toml');
  const path = (env: Record<string, string>, ...flags: string[]) =>
    run([...flags, 'config', 'path'], { env });
  assert.equal((await path({ OPENCLAW_CONFIG: file })).stdout, `${file}\n`);
  assert.equal((await path({ OPENCLAW_CONFIG: '' })).stdout, `${join(home, 'config.toml')}\n`);
  assert.equal((await path({ OPENCLAW_CONFIG: file }, '--config', '/third')).stdout, '/third\n');
  const { status, stderr } = await run(['config', 'list'], { env: { OPENCLAW_CONFIG: file } });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /other\.toml does not exist; create it, or leave out --config and OPENCLAW_CONFIG\.\n$/,
  );
});
