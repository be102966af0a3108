import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configKeys, configValue } from '../../schemas/config.js';
import { setInText } from './edit.js';
import { ConfigError } from './errors.js';
import { checkConfigText, loadConfig } from './load.js';
import { compareConfigs } from './reload.js';

const problems = (text: string): readonly string[] => {
  try {
    checkConfigText('f', text);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
};

const FILES = '[skills.mcp.files]\ncommand = "node"\nargs = ["a", "b"]\n';

test('each MCP server has a section, completed with the defaults', () => {
  const config = checkConfigText('f', `${FILES}[skills.mcp.web-2]\nurl = "https://x.example/mcp"\n`);
  assert.deepEqual(Object.keys(config.skills.mcp), ['files', 'web-2']);
  assert.deepEqual(config.skills.mcp.files, {
    command: 'node',
    args: ['a', 'b'],
    env: [],
    url: '',
    token_env: '',
    token_file: '',
    insecure: false,
    allow: ['*'],
  });
  assert.ok(Object.isFrozen(config.skills.mcp) && Object.isFrozen(config.skills.mcp.files));
  const keys = configKeys(config).filter((key) => key.startsWith('skills.mcp.web-2.'));
  assert.equal(keys.length, 8);
  assert.equal(configValue(config, 'skills.mcp.web-2.url'), 'https://x.example/mcp');
  const inline = checkConfigText('f', 'skills = { mcp = { files = { command = "x" } } }');
  assert.equal(inline.skills.mcp.files?.command, 'x');
});

test('what is wrong with a section is one sentence that names it', () => {
  for (const [text, expected] of [
    ['[skills.mcp.files]\n', /^f:1: skills\.mcp\.files must have command or url, but is empty\.$/],
    [
      '[skills.mcp.files]\nallow = ["*"]\n',
      /skills\.mcp\.files\.command or skills\.mcp\.files\.url must be set\.$/,
    ],
    [
      `${FILES}url = "https://x.example"\n`,
      /^f:2: skills\.mcp\.files\.command must be empty where .* both are set\.$/,
    ],
    [
      '[skills.mcp.Files]\ncommand = "x"\n',
      /^f:2: "Files" is no name for an MCP server: use up to 24 lower-case/,
    ],
    ['[skills.mcp.a__b]\ncommand = "x"\n', /"a__b" is no name for an MCP server: use /],
    ['[skills.mcp.memory]\ncommand = "x"\n', /"memory" is no name for an MCP server: that is taken by/],
    ['[skills.mcp.built-in]\ncommand = "x"\n', /"built-in" is no name for an MCP server: that is taken by/],
    [
      `${FILES}comand = "x"\n`,
      /^f:4: skills\.mcp\.files\.comand is not a known key; did you mean skills\.mcp\.files\.command\?$/,
    ],
    ['[skills]\nmcp = 5\n', /^f:2: skills\.mcp must be a section, written \[skills\.mcp\]\.$/],
    [
      '[skills.mcp]\nfiles = 5\n',
      /^f:2: skills\.mcp\.files must be a section, written \[skills\.mcp\.files\]\.$/,
    ],
    [
      '[skills.mcp.w]\nurl = "http://x.example"\n',
      /skills\.mcp\.w\.url must begin with https: because .* skills\.mcp\.w\.insecure must be true\.$/,
    ],
    [
      '[skills.mcp.w]\nurl = "https://me:secret@x.example"\n',
      /skills\.mcp\.w\.url must be .*, but is something else\.$/,
    ],
    ['[skills.mcp.w]\nurl = "https://x.example"\ntoken_env = "A"\ntoken_file = "b"\n', /both are set\.$/],
    [
      `${FILES}token_env = "A"\n`,
      /skills\.mcp\.files\.token_env must be empty where there is no skills\.mcp\.files\.url\.$/,
    ],
    [
      `${FILES}env = ["KEY=secret", "not a name"]\n`,
      /skills\.mcp\.files\.env must be a list of strings, each NAME=value.* but is something else\.$/,
    ],
    [`${FILES}env = { KEY = "secret" }\n`, /skills\.mcp\.files\.env must be a list/],
    [
      `${FILES}allow = ["two words"]\n`,
      /skills\.mcp\.files\.allow must be a list of strings, each a pattern/,
    ],
    ['[skills]\nbuilt_in = ["time.now@a b"]\n', /skills\.built_in must be a list/],
    [
      '[skills]\nbuilt_in = ["time.now", "5"]\n',
      /skills\.built_in must hold names or patterns of reminder\.set, .*, time\.now, but holds "5"\.$/,
    ],
    ['[skills]\nbuilt_in = ["time.*later@ada"]\n', /but holds "time\.\*later@ada"\.$/],
  ] as const) {
    const found = problems(text);
    assert.equal(found.length, 1, `${text}: ${found.join(' ')}`);
    assert.match(found[0] ?? '', expected);
    assert.doesNotMatch(found[0] ?? '', /secret/);
  }
});

test('built-in skills are named, or meant by patterns', () => {
  const text =
    '[skills]\nbuilt_in = ["*", "time.now@ada", "reminder.*", "*.se*", "*r*@a*", "me*ory.search"]\n';
  assert.deepEqual(problems(text), []);
});

test('a variable can set a server’s key, and config set writes its section', () => {
  const { config, origins } = loadConfig({
    home: { configFile: '/nonexistent/config.toml' },
    env: { OPENCLAW_SKILLS__MCP__FILES__COMMAND: 'node' },
  });
  assert.equal(config.skills.mcp.files?.command, 'node');
  assert.equal(origins.get('skills.mcp.files.command')?.source, 'environment');
  assert.equal(origins.get('skills.mcp.files.allow')?.source, 'default');
  const text = setInText('', 'skills.mcp.files.command', 'node');
  assert.equal(text, '[skills.mcp.files]\ncommand = "node"\n');
  assert.equal(setInText(text ?? '', 'skills.mcp.files.args', ['-y']), `${text}args = ["-y"]\n`);
});

test('a reload takes what a server allows; a server that is new, gone or other waits for a restart', () => {
  const running = checkConfigText('f', FILES);
  const loaded = checkConfigText(
    'f',
    '[skills.mcp.files]\ncommand = "deno"\nargs = ["a", "b"]\nallow = ["read_*"]\n[skills.mcp.web]\nurl = "https://x.example"\n',
  );
  const { next, changed, needsRestart } = compareConfigs(running, loaded);
  assert.deepEqual(changed, ['skills.mcp.files.allow']);
  assert.ok(needsRestart.includes('skills.mcp.files.command') && needsRestart.includes('skills.mcp.web.url'));
  assert.deepEqual(next.skills.mcp.files?.allow, ['read_*']);
  assert.equal(next.skills.mcp.files?.command, 'node');
  assert.deepEqual(Object.keys(next.skills.mcp), ['files']);
  const gone = compareConfigs(running, checkConfigText('f', ''));
  assert.deepEqual(Object.keys(gone.next.skills.mcp), ['files']);
  assert.deepEqual(gone.changed, []);
});
