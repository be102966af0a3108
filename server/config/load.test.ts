import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ConfigError } from './errors.js';
import { type LoadOptions, loadConfig } from './load.js';

/** A home with a configuration file of this content; null: with none. */
function homeWith(t: TestContext, content: string | Uint8Array | null): { configFile: string } {
  const dir = mkdtempSync(join(tmpdir(), 'openclaw-config-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const configFile = join(dir, 'config.toml');
  if (content !== null) writeFileSync(configFile, content);
  return { configFile };
}

/** The problems of a load, with the file's path shortened to FILE. */
function problemsOf(options: LoadOptions): readonly string[] {
  try {
    loadConfig(options);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    const file = options.file ?? options.home.configFile;
    return error.problems.map((problem) => problem.replaceAll(file, 'FILE'));
  }
  return [];
}

const problemsOfText = (t: TestContext, content: string | Uint8Array): readonly string[] =>
  problemsOf({ home: homeWith(t, content), env: {} });

test('without a file, every key has its default', (t) => {
  const home = homeWith(t, null);
  const { config, file, fileExists, origins } = loadConfig({ home, env: {} });
  assert.equal(config.gateway.port, 18789);
  assert.equal(fileExists, false);
  assert.equal(file, home.configFile);
  assert.deepEqual(origins.get('gateway.port'), { source: 'default' });
});

test('a missing file named by --config is an error', (t) => {
  const home = homeWith(t, null);
  assert.deepEqual(problemsOf({ home, env: {}, file: `${home.configFile}.other` }), [
    'The configuration file FILE does not exist; create it, or leave out --config and OPENCLAW_CONFIG.',
  ]);
});

test('flag beats variable beats file beats default', (t) => {
  const home = homeWith(t, '[gateway]\nport = 1\nauth_timeout = 6\ndrain_seconds = 7\n');
  const { config, origins } = loadConfig({
    home,
    env: { OPENCLAW_GATEWAY__PORT: '2', OPENCLAW_GATEWAY__AUTH_TIMEOUT: '8' },
    flags: { 'gateway.port': '3' },
  });
  assert.equal(config.gateway.port, 3);
  assert.equal(config.gateway.auth_timeout, 8);
  assert.equal(config.gateway.drain_seconds, 7);
  assert.equal(config.gateway.heartbeat_interval, 30);
  assert.deepEqual(origins.get('gateway.port'), { source: 'flag', flag: '--port' });
  assert.deepEqual(origins.get('gateway.auth_timeout'), {
    source: 'environment',
    variable: 'OPENCLAW_GATEWAY__AUTH_TIMEOUT',
  });
  assert.deepEqual(origins.get('gateway.drain_seconds'), { source: 'file', file: home.configFile });
});

test('--config replaces the file of the home', (t) => {
  const home = homeWith(t, '[gateway]\nport = 1\n');
  const other = homeWith(t, '[gateway]\nport = 2\n');
  assert.equal(loadConfig({ home, env: {}, file: other.configFile }).config.gateway.port, 2);
});

test('variables hold every type', (t) => {
  const { config } = loadConfig({
    home: homeWith(t, null),
    env: {
      OPENCLAW_GATEWAY__RATE_LIMIT__ENABLED: 'false',
      OPENCLAW_GATEWAY__RATE_LIMIT__MESSAGES_PER_SECOND: '0.5',
      OPENCLAW_GATEWAY__ALLOWED_ORIGINS: 'https://a.example, https://b.example:8443',
      OPENCLAW_GATEWAY__ALLOWED_HOSTS: '["a.example", "[2001:db8::1]"]',
      OPENCLAW_LOG__LEVEL: 'warn',
      OPENCLAW_HOME: '/somewhere',
      OPENCLAW_TOKEN: 'not ours to read',
      OTHER__NAME: 'x',
    },
  });
  assert.equal(config.gateway.rate_limit.enabled, false);
  assert.equal(config.gateway.rate_limit.messages_per_second, 0.5);
  assert.deepEqual(config.gateway.allowed_origins, ['https://a.example', 'https://b.example:8443']);
  assert.deepEqual(config.gateway.allowed_hosts, ['a.example', '[2001:db8::1]']);
  assert.equal(config.log.level, 'warn');
});

test('all problems of all sources are reported together, each with its place', (t) => {
  const text = `# comment
[gateway]
prot = 1
heartbeat_intervall = 5
auth_timeout = "soon"

[gateway.rate_limit]
burst_size = 2.5
[log]
level = "loud"
[gatway]
host = "x"
[nothing.like.it]
`;
  const problems = problemsOf({
    home: homeWith(t, text),
    env: { OPENCLAW_GATEWAY__PORT: 'abc', OPENCLAW_GATEWAY__HEARTBEAT_INTERVL: 'oc_secret', OPENCLAW__: '' },
    flags: { 'gateway.port': '70000', 'gateway.hots': 'x' },
  });
  assert.deepEqual(problems, [
    'FILE:3: gateway.prot is not a known key; did you mean gateway.port?',
    'FILE:4: gateway.heartbeat_intervall is not a known key; did you mean gateway.heartbeat_interval?',
    'FILE:5: gateway.auth_timeout must be a number from 1 to 1000000000, but is "soon".',
    'FILE:8: gateway.rate_limit.burst_size must be an integer from 1 to 1000000000, but is 2.5.',
    'FILE:10: log.level must be one of "trace", "debug", "info", "warn", "error", but is "loud".',
    'FILE:12: gatway.host is not a known key; did you mean gateway.host?',
    'FILE:13: nothing.like.it is not a known key; `openclaw config list` shows them all.',
    'OPENCLAW_GATEWAY__PORT: gateway.port must be an integer from 0 to 65535, but is "abc".',
    'OPENCLAW_GATEWAY__HEARTBEAT_INTERVL: this variable stands for no known key (gateway.heartbeat_intervl); did you mean OPENCLAW_GATEWAY__HEARTBEAT_INTERVAL?',
    'OPENCLAW__: this variable stands for no known key (_); `openclaw config list` shows them all.',
    '--port: gateway.port must be an integer from 0 to 65535, but is 70000.',
    '--hots: gateway.hots is not a known key; did you mean gateway.host?',
  ]);
});

test('a long list of problems is cut in the message, not in the list', (t) => {
  const home = homeWith(t, Array.from({ length: 50 }, (_, i) => `k${i} = 1`).join('\n'));
  assert.throws(
    () => loadConfig({ home, env: {} }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.problems.length, 50);
      assert.equal(error.message.split('\n').length, 21);
      assert.match(error.message, /\n… and 30 more\.$/);
      return true;
    },
  );
});

for (const [what, text, problem] of [
  [
    'a range',
    '[gateway]\nport = 65536',
    'FILE:2: gateway.port must be an integer from 0 to 65535, but is 65536.',
  ],
  [
    'a boolean',
    '[gateway]\ninsecure = "yes"',
    'FILE:2: gateway.insecure must be true or false, but is "yes".',
  ],
  [
    'infinity',
    '[gateway]\ndrain_seconds = inf',
    'FILE:2: gateway.drain_seconds must be a number from 0 to 1000000000, but is Infinity.',
  ],
  [
    'no number',
    '[gateway]\ndrain_seconds = nan',
    'FILE:2: gateway.drain_seconds must be a number from 0 to 1000000000, but is NaN.',
  ],
  [
    'an integer beyond 64 bits',
    '[gateway]\nport = 18446744073709551617',
    'FILE:2: gateway.port must be an integer from 0 to 65535, but is 18446744073709551617.',
  ],
  [
    'a date',
    '[gateway]\nport = 2020-01-01',
    'FILE:2: gateway.port must be an integer from 0 to 65535, but is a date.',
  ],
  [
    'an empty host',
    '[gateway]\nhost = ""',
    'FILE:2: gateway.host must be a host name or an IP address such as "127.0.0.1", but is empty.',
  ],
  [
    'a list with a foreign member',
    '[gateway]\nallowed_hosts = ["a", 1]',
    'FILE:2: gateway.allowed_hosts must be a list of strings, each a host name such as "chat.example.org", with no port, but is the list "[\\"a\\",1]".',
  ],
  [
    'an origin with a path',
    '[gateway]\nallowed_origins = ["https://a.example/"]',
    'FILE:2: gateway.allowed_origins must be a list of strings, each an origin in lower case such as "https://chat.example.org", with no path, but is the list "[\\"https://a.example/\\"]".',
  ],
  [
    'a section for a key',
    '[gateway.host]',
    'FILE:1: gateway.host must be a host name or an IP address such as "127.0.0.1", but is a section.',
  ],
  ['a key for a section', 'gateway = 5', 'FILE:1: gateway must be a section, written [gateway].'],
  ['a list of sections', '[[gateway]]\nport = 1', 'FILE:1: gateway must be a section, written [gateway].'],
  [
    'a key without its section',
    '\nheartbeat_interval = 5',
    'FILE:2: heartbeat_interval is not a known key; did you mean gateway.heartbeat_interval?',
  ],
  [
    'a key in a wrong section',
    '[metrics]\nmax_missed = 1\n[chat]\nburst_size = 5',
    'FILE:4: chat.burst_size is not a known key; did you mean gateway.rate_limit.burst_size?',
  ],
  [
    'a quoted dotted key',
    '"gateway.port" = 1',
    'FILE:1: "gateway.port" is not a known key; did you mean gateway.port?',
  ],
  ['a key like a property', '[gateway]\n__proto__ = 1', 'FILE:2: gateway.__proto__ is not a known key'],
  ['__proto__ as a section', '[__proto__]\nport = 1', 'FILE:2: __proto__.port is not a known key'],
  ['constructor as a section', '[constructor]\nname = 1', 'FILE:2: constructor.name is not a known key'],
  ['toString as a section', '[toString]\nport = 1', 'FILE:2: toString.port is not a known key'],
  [
    'a heartbeat timeout below one interval',
    '[gateway]\nheartbeat_interval = 100\nheartbeat_timeout = 99',
    'FILE:3: gateway.heartbeat_timeout must be at least gateway.heartbeat_interval (100 seconds), but is 99.',
  ],
  [
    'TLS without a certificate',
    '[gateway.tls]\nkey_path = "/k"\nenabled = true',
    'FILE:3: gateway.tls.cert_path must name a file because gateway.tls.enabled is true, but is empty.',
  ],
  [
    'TLS without a key',
    '[gateway.tls]\ncert_path = "/c"\nenabled = true',
    'FILE:3: gateway.tls.key_path must name a file because gateway.tls.enabled is true, but is empty.',
  ],
  [
    'two listeners on one port',
    '[metrics]\nport = 18789',
    'FILE:2: metrics.port must differ from gateway.port, but both are 18789.',
  ],
  ['a missing value', '[gateway]\nport =\n', 'FILE:2: not valid TOML at column 1: expected value'],
  [
    'an unfinished section',
    '\n[gateway\nport = 1',
    'FILE:3: not valid TOML at column 1: table header must be single-line.',
  ],
  [
    'a duplicate key',
    '[gateway]\nport = 1\nport = 2\n',
    'FILE:3: not valid TOML at column 1: value already defined for gateway.port.',
  ],
  [
    'a duplicate section',
    '[log]\n[gateway]\n[log]\n',
    'FILE:3: not valid TOML at column 1: table already defined: log.',
  ],
  [
    'an unfinished string',
    '[gateway]\nhost = "x\n',
    'FILE:2: not valid TOML at column 10: newline (0x0A) not allowed in basic strings.',
  ],
  [
    'control characters',
    '[gateway]\nhost = "\u0007"',
    'FILE:2: not valid TOML at column 9: control char 0x07 not allowed in basic strings.',
  ],
  [
    'a long line',
    `# ${'x'.repeat(4096)}`,
    'FILE:1: not valid TOML at column 1: the line is longer than 4096 characters.',
  ],
  [
    'deep nesting',
    `a = ${'[\n'.repeat(30_000)}`,
    'FILE:1: not valid TOML at column 1: it is nested too deeply.',
  ],
] as const) {
  test(`a file with ${what} is refused in a sentence`, (t) => {
    const problems = problemsOfText(t, text);
    assert.ok(
      problems.some((found) => found.startsWith(problem)),
      problems.join('\n'),
    );
    for (const found of problems) assert.doesNotMatch(found, /\n|^\s+at /);
  });
}

test('what a terminal would obey is shown escaped, and long text is cut', (t) => {
  const problem =
    problemsOfText(t, `[gateway]\nhost = "\\u001b[2J\\u009b2J\\u202e${'x'.repeat(3000)}"`)[0] ?? '';
  assert.ok(problem.includes('\\u001b[2J\\u009b2J\\u202e'), problem);
  assert.ok(problem.length < 250, String(problem.length));
});

for (const [layout, text] of Object.entries({
  'a byte order mark': '\uFEFF[gateway]\nport = 5\n[gateway.tls]\nmin_version = "1.3"',
  'CRLF line ends': '[gateway]\r\nport = 5\r\n\r\n[gateway.tls]\r\nmin_version = "1.3"\r\n',
  'dotted keys': 'gateway.port = 5\ngateway.tls.min_version = "1.3"',
  'inline tables': 'gateway = { port = 5, tls = { min_version = "1.3" } }',
  'quoted keys': '["gateway"]\n\'port\' = 5\n[gateway."tls"]\n"min_version" = \'1.3\'',
  'the inner section first': '[gateway.tls]\nmin_version = "1.3"\n[gateway]\nport = 5',
  'other ways to write numbers': '[gateway]\nport = 0x0_5\ntls = { min_version = """1.3""" }',
})) {
  test(`${layout} are read`, (t) => {
    const { config } = loadConfig({ home: homeWith(t, text), env: {} });
    assert.equal(config.gateway.port, 5);
    assert.equal(config.gateway.tls.min_version, '1.3');
  });
}

test('lines are right behind multi-line values, comments and a byte order mark', (t) => {
  const text =
    '\uFEFF# one\r\ngateway.allowed_hosts = [\r\n  "a", # two\r\n  "b",\r\n]\r\nlog = { level = "x" }\r\n';
  assert.match(problemsOfText(t, text).join(), /^FILE:6: log\.level must be/);
});

test('nothing reaches Object or its prototype', (t) => {
  problemsOfText(
    t,
    '[__proto__]\npolluted = true\n[gateway.__proto__]\npolluted = true\n[constructor]\npolluted = true',
  );
  assert.equal('polluted' in {} || 'polluted' in Object, false);
});

test('what is no readable text file is refused in a sentence', (t) => {
  const home = homeWith(t, null);
  mkdirSync(home.configFile);
  assert.deepEqual(problemsOf({ home, env: {} }), [
    'The configuration file FILE cannot be read: it is a directory.',
  ]);
  assert.deepEqual(problemsOfText(t, new Uint8Array([0x23, 0xff])), [
    'FILE is not UTF-8 text; save it in that encoding.',
  ]);
  assert.deepEqual(problemsOfText(t, new Uint8Array(64 * 1024 + 1)), [
    'The configuration file FILE cannot be read: it is larger than 64 KiB.',
  ]);
  assert.deepEqual(problemsOf({ home, env: {}, file: '/dev/zero' }), [
    'The configuration file FILE cannot be read: it is not a regular file.',
  ]);
  assert.deepEqual(problemsOf({ home, env: {}, file: join(homeWith(t, '').configFile, 'below') }), [
    'The configuration file FILE cannot be read: a part of its path is not a directory.',
  ]);
});

test('a file without read permission is refused', {
  skip: process.getuid?.() === 0 && 'root reads all',
}, (t) => {
  const home = homeWith(t, '');
  chmodSync(home.configFile, 0);
  assert.deepEqual(problemsOf({ home, env: {} }), [
    'The configuration file FILE cannot be read: permission is denied.',
  ]);
});
