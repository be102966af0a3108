import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildConfig,
  CONFIG_KEYS,
  CONFIG_OPTIONS,
  CONFIG_RULES,
  CONFIG_SECTIONS,
  type Config,
  type ConfigKey,
  type ConfigValue,
  configOption,
  configValue,
  formatConfigValue,
  isConfigKey,
  parentOf,
} from './config.js';

const defaults = buildConfig(new Map());
const NO_ENDPOINT = { model: '', base_url: '', api_key_env: '', api_key_file: '', insecure: false };

test('the table is complete and sound', () => {
  assert.equal(CONFIG_KEYS.length, 87);
  for (const key of CONFIG_KEYS) {
    const option = configOption(key);
    assert.match(key, /^[a-z_]+(?:\.[a-z_]+)+$/);
    assert.doesNotMatch(key, /__/, 'two underscores stand for a dot in variables');
    assert.ok(CONFIG_SECTIONS[parentOf(key)], `${key} has no section`);
    assert.match(option.reason, /^[A-Z`].*\.$/, `${key} gives no reason`);
    switch (option.type) {
      case 'integer':
      case 'number':
        assert.ok(option.default >= option.min && option.default <= option.max, key);
        if (option.zero !== undefined) assert.equal(option.min, 0, `${key} says what 0 means and refuses it`);
        if (option.derived !== undefined) assert.ok(isConfigKey(option.derived.from));
        break;
      case 'count':
        assert.ok(option.default >= option.min && option.default <= option.max, key);
        break;
      case 'enum':
        assert.ok(option.values.includes(option.default), key);
        break;
      case 'string':
        assert.match(option.default, option.rule.pattern, key);
        break;
      case 'strings':
        assert.deepEqual(option.default, []);
    }
  }
  for (const section of Object.keys(CONFIG_SECTIONS)) {
    assert.ok(
      section === 'skills.mcp' || CONFIG_KEYS.some((key) => parentOf(key) === section),
      `${section} is empty`,
    );
  }
});

test('limits and heartbeats go up to 10^9', () => {
  for (const key of CONFIG_KEYS.filter((name) =>
    /^gateway\.(heartbeat_|rate_limit\.|max_|auth_)/.test(name),
  )) {
    const option = configOption(key);
    if (option.type === 'boolean' || key === 'gateway.max_message_bytes') continue;
    assert.equal('max' in option && option.max, 1e9, key);
  }
});

test('the defaults are those of the product', () => {
  assert.deepEqual(defaults, {
    gateway: {
      host: '127.0.0.1',
      port: 18789,
      workers: 1,
      web_ui: true,
      insecure: false,
      heartbeat_interval: 30,
      heartbeat_timeout: 90,
      heartbeat_max_missed: 3,
      proactive_notifications: true,
      timezone: '',
      auth_timeout: 5,
      max_message_bytes: 1048576,
      max_connections: 100000,
      max_connections_per_ip: 1000,
      max_unauthenticated: 10000,
      max_unauthenticated_per_ip: 100,
      trusted_proxies: [],
      allowed_origins: [],
      allowed_hosts: [],
      max_backlog_seconds: 60,
      max_reply_backlog_bytes: 4194304,
      drain_seconds: 20,
      rate_limit: {
        enabled: true,
        messages_per_second: 10,
        messages_per_minute: 200,
        burst_size: 20,
        cooldown_seconds: 60,
      },
      tls: { enabled: false, cert_path: '', key_path: '', min_version: '1.2' },
    },
    chat: { detached_timeout: 120 },
    memory: {
      recall_tokens: 2000,
      compact_after_messages: 200,
      retention_days: 0,
      max_channel_messages: 0,
      embeddings: {
        enabled: false,
        base_url: '',
        model: '',
        api_key_env: '',
        api_key_file: '',
        insecure: false,
        dimensions: 0,
        min_similarity: 0.3,
        timeout_seconds: 30,
      },
    },
    reasoning: {
      provider: 'embedded',
      ...NO_ENDPOINT,
      system_prompt: '',
      system_prompt_file: '',
      temperature: -1,
      max_output_tokens: 0,
      first_token_timeout_seconds: 120,
      timeout_seconds: 60,
      max_steps: 8,
      max_streams: 1000,
      max_streams_per_principal: 100,
      fallback: {
        first: { provider: 'none', ...NO_ENDPOINT },
        second: { provider: 'none', ...NO_ENDPOINT },
      },
      embedded: { chunk_delay_ms: 15 },
    },
    skills: {
      built_in: [],
      timeout_seconds: 30,
      background_timeout_seconds: 3600,
      max_output_bytes: 65536,
      max_concurrent: 4,
      mcp: {},
    },
    metrics: { host: '127.0.0.1', port: 18790, token_env: '', token_file: '' },
    log: { level: 'info' },
    telemetry: { otlp_endpoint: '', otlp_headers_env: '', otlp_headers_file: '', sample_ratio: 1 },
  } satisfies Config);
});

test('heartbeat_timeout is three intervals unless it is set', () => {
  const timeout = (values: [keyof typeof CONFIG_OPTIONS, number][]) =>
    buildConfig(new Map(values)).gateway.heartbeat_timeout;
  assert.equal(timeout([['gateway.heartbeat_interval', 5]]), 15);
  assert.equal(timeout([['gateway.heartbeat_interval', 1e9]]), 3e9);
  assert.equal(
    timeout([
      ['gateway.heartbeat_interval', 5],
      ['gateway.heartbeat_timeout', 7],
    ]),
    7,
  );
});

test('a configuration is frozen, and each of its values can be read by key', () => {
  assert.ok(Object.isFrozen(defaults) && Object.isFrozen(defaults.gateway.rate_limit));
  for (const key of CONFIG_KEYS) assert.deepEqual(configValue(defaults, key), CONFIG_OPTIONS[key].default);
});

test('names that every object has are no keys', () => {
  for (const key of ['constructor', '__proto__', 'toString', 'gateway', ''])
    assert.equal(isConfigKey(key), false);
});

test('the defaults break no rule', () => {
  for (const rule of CONFIG_RULES) assert.equal(rule.problem(defaults), null, rule.summary);
});

test('a time zone is one that the runtime knows, or the system’s', () => {
  const problems = ['', 'UTC', 'Europe/Berlin', 'Mars/Olympus', 'Europe'].map((timezone) => {
    const config = buildConfig(new Map([['gateway.timezone', timezone]]));
    return CONFIG_RULES.flatMap((rule) => rule.problem(config) ?? []).length;
  });
  assert.deepEqual(problems, [0, 0, 0, 1, 1]);
});

test('a trusted proxy is an address or a range that exists', () => {
  const problem = (range: string) => {
    const config = buildConfig(new Map([['gateway.trusted_proxies', ['10.0.0.1', range]]]));
    return CONFIG_RULES.map((rule) => rule.problem(config)).find((sentence) => sentence !== null);
  };
  for (const range of ['10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32', '::/0', '::ffff:10.0.0.0/104']) {
    assert.equal(problem(range), undefined, range);
  }
  for (const range of [
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0/33',
    '::1/129',
    '10.0.0.0/',
    'a.b',
    '1/2/3',
    '::g',
  ]) {
    assert.match(
      problem(range) ?? '',
      /^gateway\.trusted_proxies must hold IP addresses or ranges such as/,
      range,
    );
  }
});

test('embeddings need an endpoint and a model, and cross a network encrypted unless told otherwise', () => {
  const problem = (base_url: string, change: Readonly<Record<string, ConfigValue>> = {}) => {
    const set = { enabled: true, base_url, model: 'm', ...change };
    const values = Object.entries(set).map(
      ([name, value]) => [`memory.embeddings.${name}` as ConfigKey, value] as const,
    );
    const config = buildConfig(new Map(values));
    return CONFIG_RULES.map((rule) => rule.problem(config)).find((sentence) => sentence !== null);
  };
  for (const url of [
    'https://api.example.org/v1',
    'http://127.0.0.1:11434/v1',
    'http://localhost:1',
    'http://[::1]:1',
  ]) {
    assert.equal(problem(url), undefined, url);
  }
  assert.match(
    problem('http://ollama:11434/v1') ?? '',
    /must begin with https: .* or memory\.embeddings\.insecure/,
  );
  assert.match(problem('http://127.0.0.1.example.org/v1') ?? '', /must begin with https:/);
  assert.equal(problem('http://ollama:11434/v1', { insecure: true }), undefined);
  assert.match(problem('http://[::1/v1') ?? '', /base_url must be an http:\/\/ or https:\/\/ URL/);
  assert.match(problem('') ?? '', /base_url must be set because memory\.embeddings\.enabled is true/);
  assert.match(problem('https://a', { model: '' }) ?? '', /model must be set/);
  assert.match(problem('https://a', { api_key_env: 'A', api_key_file: 'a' }) ?? '', /both are set/);
  assert.equal(problem('', { enabled: false, model: '' }), undefined);
  const { pattern } = CONFIG_OPTIONS['memory.embeddings.base_url'].rule;
  for (const url of ['https://user:pw@a', 'https://a?key=1', 'https://a#b', 'ftp://a', 'a b']) {
    assert.doesNotMatch(url, pattern, url);
  }
});

test('a provider needs a model, a place and a way to its key, and a fallback somebody to fall back from', () => {
  const problem = (set: Readonly<Record<string, ConfigValue>>) => {
    const values = Object.entries(set).map(
      ([name, value]) => [`reasoning.${name}` as ConfigKey, value] as const,
    );
    const config = buildConfig(new Map(values));
    return CONFIG_RULES.map((rule) => rule.problem(config)).find((sentence) => sentence !== null);
  };
  const openai = { provider: 'openai-compatible', model: 'm', api_key_env: 'KEY' };
  assert.equal(problem(openai), undefined);
  assert.equal(problem({ ...openai, api_key_env: '', base_url: 'http://127.0.0.1:11434/v1' }), undefined);
  assert.equal(problem({ ...openai, provider: 'anthropic' }), undefined);
  assert.match(problem({ ...openai, model: '' }) ?? '', /^reasoning\.model must be set because/);
  assert.match(
    problem({ ...openai, api_key_env: '' }) ?? '',
    /must lead to the key for OpenAI, or reasoning\.base_url/,
  );
  assert.match(
    problem({ ...openai, base_url: 'http://ollama:1' }) ?? '',
    /must begin with https: .* reasoning\.insecure/,
  );
  assert.match(problem({ ...openai, api_key_file: 'a' }) ?? '', /both are set/);
  assert.match(problem({ ...openai, system_prompt: 'a', system_prompt_file: 'b' }) ?? '', /both are set/);
  const fallback = { 'fallback.second.provider': 'anthropic', 'fallback.second.model': 'm' };
  assert.match(problem({ ...openai, ...fallback }) ?? '', /^reasoning\.fallback\.second\.api_key_env or/);
  const whole = { ...fallback, 'fallback.second.api_key_file': 'a' };
  assert.equal(problem({ ...openai, ...whole }), undefined);
  assert.match(problem(whole) ?? '', /^reasoning\.provider must name the provider to ask first/);
});

test('values are written as TOML', () => {
  assert.equal(formatConfigValue(0.5), '0.5');
  assert.equal(formatConfigValue(['a"b', 'c']), '["a\\"b", "c"]');
  assert.equal(formatConfigValue('\u007f\n'), '"\\u007f\\n"');
});

test('headers for a collector cross a network encrypted', () => {
  const problem = (otlp_endpoint: string, otlp_headers_env: string) => {
    const set = { otlp_endpoint, otlp_headers_env };
    const values = Object.entries(set).map(
      ([name, value]) => [`telemetry.${name}` as ConfigKey, value] as const,
    );
    const config = buildConfig(new Map(values));
    return CONFIG_RULES.map((rule) => rule.problem(config)).find((sentence) => sentence !== null);
  };
  for (const endpoint of [
    'https://collector.example.org',
    'http://127.0.0.1:4318',
    'http://localhost:4318',
  ]) {
    assert.equal(problem(endpoint, 'HEADERS'), undefined, endpoint);
  }
  assert.equal(problem('http://collector:4318', ''), undefined, 'spans alone hold ids');
  assert.match(problem('http://collector:4318', 'HEADERS') ?? '', /must begin with https:/);
});
