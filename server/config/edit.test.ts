import assert from 'node:assert/strict';
import { test } from 'node:test';
import TOML from '@iarna/toml';
import fc from 'fast-check';
import {
  CONFIG_KEYS,
  type ConfigKey,
  type ConfigValue,
  configOption,
  configValue,
  formatConfigValue,
  lastOf,
  parentOf,
} from '../../schemas/config.js';
import { setInText } from './edit.js';
import { checkConfigText } from './load.js';
import { TomlSyntaxError } from './toml.js';
import { checkText, checkValue } from './values.js';

const set = (text: string, key: ConfigKey, value: ConfigValue): string => {
  const edited = setInText(text, key, value);
  assert.ok(edited !== null, `${key} cannot be set in ${JSON.stringify(text)}`);
  return edited;
};

for (const [what, before, key, value, after] of [
  ['an empty file', '', 'gateway.port', 1, '[gateway]\nport = 1\n'],
  [
    'an empty file, two deep',
    '',
    'gateway.rate_limit.burst_size',
    7,
    '[gateway.rate_limit]\nburst_size = 7\n',
  ],
  ['a file of comments', '# mine', 'log.level', 'warn', '# mine\n\n[log]\nlevel = "warn"\n'],
  [
    'the place where the key stands',
    '[ gateway ]\n\n  port = 1 # why\n# after\n',
    'gateway.port',
    2,
    '[ gateway ]\n\n  port = 2 # why\n# after\n',
  ],
  [
    'its section, before the comment of the next',
    '[gateway]\n  # host\n  host = "h" # why\n\n# tls\n[gateway.tls]\nenabled = false\n',
    'gateway.heartbeat_timeout',
    120,
    '[gateway]\n  # host\n  host = "h" # why\n  heartbeat_timeout = 120\n\n# tls\n[gateway.tls]\nenabled = false\n',
  ],
  [
    'a section without keys',
    '[log]\n# nothing yet\n',
    'log.level',
    'warn',
    '[log]\nlevel = "warn"\n# nothing yet\n',
  ],
  ['a section on a last line without an end', '[log]', 'log.level', 'warn', '[log]\nlevel = "warn"\n'],
  [
    'a section behind a list of several lines',
    '[gateway]\nallowed_hosts = [\n  "a", # one\n  "b",\n]\n',
    'gateway.port',
    1,
    '[gateway]\nallowed_hosts = [\n  "a", # one\n  "b",\n]\nport = 1\n',
  ],
  [
    'a new section beside its subsection',
    '[gateway.tls]\nenabled = false\n',
    'gateway.port',
    1,
    '[gateway.tls]\nenabled = false\n\n[gateway]\nport = 1\n',
  ],
  [
    'dotted keys',
    'gateway.port = 1 # c\n',
    'gateway.drain_seconds',
    2,
    'gateway.port = 1 # c\ngateway.drain_seconds = 2\n',
  ],
  [
    'an inline table',
    'gateway = { port = 1 } # c\n',
    'gateway.drain_seconds',
    2,
    'gateway = { port = 1, drain_seconds = 2 } # c\n',
  ],
  ['an empty inline table', 'log = {} # c\n', 'log.level', 'warn', 'log = { level = "warn" } # c\n'],
  [
    'dotted keys of a section',
    '[gateway]\ntls.enabled = false # c\nport = 1\n',
    'gateway.tls.min_version',
    '1.3',
    '[gateway]\ntls.enabled = false # c\ntls.min_version = "1.3"\nport = 1\n',
  ],
  [
    'a list with comments',
    '[gateway]\nallowed_hosts = [\n  "a", # one\n  "b", # two\n]\n',
    'gateway.allowed_hosts',
    ['a', 'c'],
    '[gateway]\nallowed_hosts = [\n  "a", # one\n  "c", # two\n]\n',
  ],
  [
    'a file with CRLF and a byte order mark',
    '\uFEFF[gateway]\r\nport = 1\r\n\r\n[log]\r\n',
    'gateway.drain_seconds',
    2,
    '\uFEFF[gateway]\r\nport = 1\r\ndrain_seconds = 2\r\n\r\n[log]\r\n',
  ],
] as const satisfies readonly (readonly [string, string, ConfigKey, ConfigValue, string])[]) {
  test(`a value goes into ${what}`, () => {
    assert.equal(set(before, key, value), after);
  });
}

test('what is not TOML is not edited', () => {
  assert.throws(() => setInText('[gateway', 'gateway.port', 1), TomlSyntaxError);
});

const rarely = { numRuns: 300 };
const awkward = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      '"',
      "'",
      '\\',
      '#',
      '\n',
      '\r',
      '\t',
      '=',
      '[',
      ']',
      '\u007f',
      '\u0001',
      '\u2028',
      '{',
      '\\u',
      '"""',
    ),
  }),
);

test('awkward strings come back as they went in, for this parser and another', () => {
  fc.assert(
    fc.property(
      awkward,
      fc.constantFrom('', '[gateway.tls]\n', "[gateway.tls]\ncert_path = 'old' # c\n"),
      (value, text) => {
        fc.pre(!value.includes('\0'));
        const edited = set(text, 'gateway.tls.cert_path', value);
        assert.equal(checkConfigText('f', edited).gateway.tls.cert_path, value);
        // The other parser takes a carriage return behind a comment for an error, and no TOML 1.1.
        assert.deepEqual(TOML.parse(edited), { gateway: { tls: { cert_path: value } } });
      },
    ),
    rarely,
  );
});

test('a text that a variable holds is read like the value it writes', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a.example', 'b-c.example', '::1', '10.0.0.1')), (hosts) => {
      const expected = { value: hosts };
      assert.deepEqual(checkText('gateway.allowed_hosts', formatConfigValue(hosts)), expected);
      assert.deepEqual(checkText('gateway.allowed_hosts', hosts.join(',')), expected);
    }),
    rarely,
  );
});

/** A value that the option takes. */
const anyValueOf = (key: ConfigKey): fc.Arbitrary<ConfigValue> => {
  const option = configOption(key);
  switch (option.type) {
    case 'integer':
      return fc.integer({ min: option.min, max: option.max });
    case 'number':
      return fc.double({ min: option.min, max: option.max, noNaN: true });
    case 'count':
      return fc.oneof(fc.integer({ min: option.min, max: option.max }), fc.constant(option.word));
    case 'boolean':
      return fc.boolean();
    case 'enum':
      return fc.constantFrom(...option.values);
    case 'string':
      return fc.constantFrom('127.0.0.1', 'host.example');
    case 'strings':
      return fc
        .array(fc.constantFrom('https://a.example', 'http://b.example:1'))
        .filter((list) => list.every((item) => option.rule.pattern.test(item)));
  }
};
const assignment = fc
  .constantFrom(...CONFIG_KEYS)
  .chain((key) => fc.tuple(fc.constant(key), anyValueOf(key)));

/** The same values, laid out in one of the ways that people write. */
function layOut(
  values: ReadonlyMap<ConfigKey, ConfigValue>,
  style: 'sections' | 'dotted' | 'inline',
  newLine: string,
): string {
  const sections = new Map<string, ConfigKey[]>();
  for (const key of values.keys()) sections.set(parentOf(key), [...(sections.get(parentOf(key)) ?? []), key]);
  const write = (key: ConfigKey, name: string) => `${name} = ${formatConfigValue(values.get(key) ?? '')}`;
  const lines = [...sections].flatMap(([section, keys]) => {
    if (style === 'dotted') return keys.map((key) => `${write(key, key)} # note on ${key}`);
    if (style === 'sections') {
      return [
        '',
        `# about ${section}`,
        `[${section}]`,
        ...keys.map((key) => `  ${write(key, lastOf(key))} # note on ${key}`),
      ];
    }
    return [`${section} = { ${keys.map((key) => write(key, lastOf(key))).join(', ')} } # note on ${section}`];
  });
  return lines.map((line) => `${line}${newLine}`).join('');
}

const valuesOf = (text: string): Map<ConfigKey, ConfigValue> => {
  const config = checkConfigText('f', text);
  return new Map(CONFIG_KEYS.map((key) => [key, configValue(config, key)]));
};

test('in any layout, setting a key changes that key, keeps every comment, and can be repeated', () => {
  fc.assert(
    fc.property(
      fc.array(assignment, { maxLength: 12 }),
      assignment,
      fc.constantFrom('sections', 'dotted', 'inline'),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('', '\uFEFF'),
      (pairs, [key, value], style, newLine, mark) => {
        const chosen = new Map(pairs);
        // An inline table cannot be reopened by another section.
        if (style === 'inline')
          for (const other of chosen.keys()) if (other.split('.').length > 2) chosen.delete(other);
        const before = mark + layOut(chosen, style, newLine);
        let old: Map<ConfigKey, ConfigValue>;
        try {
          old = valuesOf(before);
        } catch {
          return fc.pre(false); // breaks a rule between options
        }
        const after = set(before, key, value);
        for (const comment of before.match(/# [^\r\n]*/g) ?? []) assert.ok(after.includes(comment), comment);
        assert.equal(after.startsWith('\uFEFF'), mark !== '');
        if (before.includes('\r\n')) assert.doesNotMatch(after, /[^\r]\n/);
        assert.equal(set(after, key, value), after);
        let fresh: Map<ConfigKey, ConfigValue>;
        try {
          fresh = valuesOf(after);
        } catch {
          return; // allowed alone, but not beside the others: the command refuses to write it
        }
        for (const [other, was] of old) {
          const derives = other === 'gateway.heartbeat_timeout' && key === 'gateway.heartbeat_interval';
          if (other !== key && !derives) assert.deepEqual(fresh.get(other), was, other);
        }
        assert.deepEqual({ value: fresh.get(key) }, checkValue(key, value));
      },
    ),
    rarely,
  );
});
