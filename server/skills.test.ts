import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkConfigText } from './config/load.js';
import { KeyError } from './keys.js';
import { mcpServers, SkillsError } from './skills.js';

const secretFile = (t: TestContext, text: string): string => {
  const dir = mkdtempSync(join(tmpdir(), 'skills-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'secret');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
};

const variables = (entries: readonly string[], env: Readonly<Record<string, string>>) => {
  const config = checkConfigText('x', `[skills.mcp.w]\ncommand = "w"\nenv = ${JSON.stringify(entries)}\n`);
  const [server] = mcpServers(config, env);
  return server?.target.kind === 'command' ? server.target.env : assert.fail('it is a program');
};

test('a program gets the variables that are named, also those that stand in a file', (t) => {
  const file = secretFile(t, 'from-a-file\n');
  assert.deepEqual(variables(['A', 'B=b', 'C'], { A: 'a', C_FILE: file, SECRET: 'x', PATH: '/bin' }), {
    A: 'a',
    B: 'b',
    C: 'from-a-file',
    PATH: '/bin',
  });
  // Its own server reads the file.
  assert.deepEqual(variables(['C', 'C_FILE'], { C: 'c', C_FILE: file }), { C: 'c', C_FILE: file });
  assert.throws(() => variables(['C'], {}), SkillsError);
  assert.throws(
    () => variables(['C'], { C: 'c', C_FILE: file }),
    new KeyError(
      'skills.mcp.w.env names the variable C, which is set, and so is C_FILE: leave one of the two away.',
    ),
  );
});

test('the token of a server at a URL is taken like every other', (t) => {
  const file = secretFile(t, 'from-a-file\n');
  const token = (env: Readonly<Record<string, string>>) => {
    const config = checkConfigText('x', '[skills.mcp.w]\nurl = "https://x.example"\ntoken_env = "T"\n');
    const [server] = mcpServers(config, env);
    return server?.target.kind === 'url' ? server.target.token : assert.fail('it is at a URL');
  };
  assert.equal(token({ T: 'a' }), 'a');
  assert.equal(token({ T_FILE: file }), 'from-a-file');
  assert.throws(() => token({}), {
    message: 'skills.mcp.w.token_env names the variable T, which is not set or empty: put the token there.',
  });
});
