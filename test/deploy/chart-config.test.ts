/** Every option of the gateway can be set through the chart, and no secret can. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  CONFIG_KEYS,
  type ConfigKey,
  type ConfigOption,
  type ConfigValue,
  configOption,
  configValue,
} from '../../schemas/config.js';
import { mcpKeysOf } from '../../schemas/config-skills.js';
import { checkConfigText } from '../../server/config/load.js';
import { openclaw } from '../helpers/command.js';
import { temporaryFolder } from '../helpers/gateway.js';
import { NO_HELM, ROOT, render, type Tree, template } from './helm.js';

const skip = NO_HELM;

const SAMPLES = ['OTHER', '10.1.0.0/16', 'https://other.example', '/other'];
const PECULIAR: Readonly<Partial<Record<string, ConfigValue>>> = {
  'gateway.timezone': 'Europe/Berlin',
  'skills.built_in': ['time.*', 'memory.search@ada'],
};

/** Of what excludes each other, a part stands in each set. */
const NOT_FIRST = /_file$|\.command$|\.args$|\.env$/;
const NOT_SECOND = /_env$|\.system_prompt$|\.files\.(?:url|token_file)$/;
const THIRD: readonly ConfigKey[] = ['skills.mcp.files.url', 'skills.mcp.files.token_file'];
/** The chart adds to them. */
const ADDED_TO: ReadonlySet<string> = new Set(['gateway.allowed_hosts', 'gateway.allowed_origins']);

const sampleText = (option: { rule: { pattern: RegExp } }): string => {
  const found = SAMPLES.find((sample) => option.rule.pattern.test(sample));
  assert.ok(found !== undefined, String(option.rule.pattern));
  return found;
};

/** A value that is allowed and not the default. */
const otherThanDefault = (key: string, option: ConfigOption): ConfigValue => {
  const peculiar = PECULIAR[key];
  if (peculiar !== undefined) return peculiar;
  switch (option.type) {
    case 'integer':
    case 'count':
      return option.default < option.max ? option.default + 1 : option.default - 1;
    case 'number':
      return option.default < option.max
        ? (option.default + Math.min(option.max, option.default + 1)) / 2
        : 0.5;
    case 'boolean':
      return !option.default;
    case 'enum':
      return option.values.find((value) => value !== option.default) ?? '';
    case 'string':
      return sampleText(option);
    case 'strings':
      return [sampleText(option), 'a"b\\c'].filter((text) => option.rule.pattern.test(text));
  }
};

const nested = (values: ReadonlyMap<string, ConfigValue>): Tree => {
  const tree: Tree = {};
  for (const [key, value] of values) {
    const names = key.split('.');
    const last = names.pop() ?? '';
    let at = tree;
    for (const name of names) {
      at[name] ??= {};
      at = at[name];
    }
    at[last] = value;
  }
  return tree;
};

const KEYS: readonly ConfigKey[] = [...CONFIG_KEYS, ...mcpKeysOf('files')];

const assertSet = async (keys: readonly ConfigKey[]): Promise<string> => {
  const wanted = new Map(keys.map((key) => [key as string, otherThanDefault(key, configOption(key))]));
  const text = (await render({ config: nested(wanted), preStopSeconds: 0 })).configToml;
  const config = checkConfigText('config.toml', text);
  for (const key of keys) {
    const got = configValue(config, key);
    const value = wanted.get(key);
    if (!ADDED_TO.has(key)) assert.deepEqual(got, value, key);
    else for (const each of value as string[]) assert.ok((got as string[]).includes(each), key);
  }
  return text;
};

test('every key of the configuration can be set, and the gateway reads it', { skip }, async (t) => {
  const first = KEYS.filter((key) => !NOT_FIRST.test(key));
  const second = KEYS.filter((key) => !NOT_SECOND.test(key));
  assert.equal(new Set([...first, ...second, ...THIRD]).size, KEYS.length);
  const text = await assertSet(first);
  await assertSet(second);
  await assertSet(THIRD);
  const file = join(temporaryFolder(t), 'config.toml');
  writeFileSync(file, text);
  const { status, stdout, stderr } = await openclaw(t, 'config check', {
    OPENCLAW_HOME: temporaryFolder(t),
    OPENCLAW_CONFIG: file,
  });
  assert.equal(stderr, '');
  assert.equal(stdout, `${file} is valid.\n`);
  assert.equal(status, 0);
});

test('texts arrive as they were', { skip }, async () => {
  const hard = 'one "two" \\three\n<four> & ’five’ \u0001 {{ six }} # seven';
  const { configToml } = await render({ config: { reasoning: { system_prompt: hard, temperature: 0.25 } } });
  const { reasoning } = checkConfigText('config.toml', configToml);
  assert.equal(reasoning.system_prompt, hard);
  assert.equal(reasoning.temperature, 0.25);
  const large = await render({
    config: { gateway: { max_message_bytes: 67_108_864, max_connections: 1e9 } },
  });
  assert.match(large.configToml, /^max_message_bytes = 67108864$/m);
  assert.match(large.configToml, /^max_connections = 1000000000$/m);
});

test('a mistake is refused before anything is installed', { skip }, async () => {
  const mistakes: [Tree, RegExp][] = [
    [{ gateway: { prot: 1 } }, /'\/config\/gateway'.*'prot' not allowed/],
    [{ gatewy: {} }, /'\/config'.*'gatewy' not allowed/],
    [{ gateway: { port: 0 } }, /'\/config\/gateway\/port'/],
    [{ gateway: { port: '18789' } }, /'\/config\/gateway\/port'/],
    [{ log: { level: 'loud' } }, /'\/config\/log\/level'/],
    [{ skills: { mcp: { Files: { command: 'x' } } } }, /'\/config\/skills\/mcp'.*'Files' not allowed/],
    [{ skills: { mcp: { files: { comand: 'x' } } } }, /'comand' not allowed/],
  ];
  for (const [config, expected] of mistakes) {
    const { status, stderr } = await template({ config });
    assert.notEqual(status, 0);
    assert.match(stderr, expected);
  }
});

test('no secret gets into the ConfigMap, and none that is misplaced is repeated', { skip }, async () => {
  const key = 'sk-live-0123456789';
  const places: Tree[] = [
    { reasoning: { api_key: key } },
    { reasoning: { api_key_env: key } },
    { reasoning: { base_url: `https://me:${key}@models.example` } },
    { metrics: { token: key } },
    { metrics: { token_env: key } },
    { telemetry: { otlp_headers_env: `Authorization=${key}` } },
    { memory: { embeddings: { api_key_env: key } } },
    { skills: { mcp: { files: { url: 'https://a.example', token_env: key } } } },
  ];
  for (const config of places) {
    const { status, stdout, stderr } = await template({ config });
    assert.notEqual(status, 0, JSON.stringify(config));
    assert.doesNotMatch(stdout + stderr, new RegExp(key), JSON.stringify(config));
  }
  const rendered = await render({
    secrets: [{ name: 'provider', secretName: 'openclaw-provider' }],
    metricsToken: { secretName: 'metrics-token' },
    tls: { secretName: 'gateway-tls' },
    config: {
      reasoning: { provider: 'openai-compatible', model: 'm', api_key_file: '/run/secrets/provider/key' },
    },
  });
  assert.ok(!rendered.documents.some(({ kind }) => kind === 'Secret'));
  const config = checkConfigText('config.toml', rendered.configToml);
  const files = [
    config.reasoning.api_key_file,
    config.metrics.token_file,
    config.gateway.tls.key_path,
    config.gateway.tls.cert_path,
  ];
  for (const file of files) {
    const mount = rendered.container.volumeMounts.find((each: Tree) => file.startsWith(`${each.mountPath}/`));
    assert.equal(mount?.readOnly, true, file);
    const volume = rendered.pod.volumes.find(({ name }: Tree) => name === mount.name);
    assert.ok('secret' in volume, file);
  }
});

test('the configuration is where the gateway looks for it, and another one is another pod', {
  skip,
}, async () => {
  const rendered = await render();
  const { env, volumeMounts } = rendered.container;
  const file = env.find(({ name }: Tree) => name === 'OPENCLAW_CONFIG').value;
  const mount = volumeMounts.find(({ name }: Tree) => name === 'config');
  assert.equal(file, `${mount.mountPath}/config.toml`);
  const home = env.find(({ name }: Tree) => name === 'OPENCLAW_HOME').value;
  assert.ok(home.startsWith(`${volumeMounts.find(({ name }: Tree) => name === 'data').mountPath}/`));
  const changed = await render({ config: { log: { level: 'warn' } } });
  const sumOf = (each: typeof rendered): string =>
    each.one('StatefulSet').spec.template.metadata.annotations['checksum/config'];
  assert.notEqual(sumOf(changed), sumOf(rendered));
});

test('what the image says by variables does not stand above the configuration of the chart', {
  skip,
}, async () => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const said = [...dockerfile.matchAll(/\b(OPENCLAW_[A-Z_]+)=/g)].map(([, name]) => name ?? '');
  assert.ok(said.includes('OPENCLAW_GATEWAY__HOST'));
  const hosts = { gateway: { host: '127.0.0.2' }, metrics: { host: '127.0.0.3' } };
  const env: readonly Tree[] = (await render({ config: hosts })).container.env;
  for (const variable of said)
    assert.ok(
      env.some(({ name }) => name === variable),
      variable,
    );
  const setTo = (variable: string): string => env.find(({ name }) => name === variable)?.value;
  assert.equal(setTo('OPENCLAW_GATEWAY__HOST'), hosts.gateway.host);
  assert.equal(setTo('OPENCLAW_METRICS__HOST'), hosts.metrics.host);
});
