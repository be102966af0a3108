import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildConfig,
  CONFIG_KEYS,
  type ConfigKey,
  type ConfigValue,
  configOption,
} from '../../schemas/config.js';
import { compareConfigs } from './reload.js';

const configOf = (values: Partial<Record<ConfigKey, ConfigValue>>) =>
  buildConfig(new Map(Object.entries(values) as [ConfigKey, ConfigValue][]));

test('what can change does, and what cannot is named and stays', () => {
  const running = configOf({ 'gateway.port': 1 });
  const loaded = configOf({
    'gateway.port': 2,
    'log.level': 'warn',
    'gateway.allowed_hosts': ['a'],
    'gateway.tls.enabled': true,
  });
  const { next, changed, needsRestart } = compareConfigs(running, loaded);
  assert.deepEqual(changed, ['gateway.allowed_hosts', 'log.level']);
  assert.deepEqual(needsRestart, ['gateway.port', 'gateway.tls.enabled']);
  assert.deepEqual(
    next,
    configOf({ 'gateway.port': 1, 'log.level': 'warn', 'gateway.allowed_hosts': ['a'] }),
  );
});

test('what is held needs a restart like what is fixed', () => {
  const running = configOf({});
  const loaded = configOf({ 'gateway.tls.cert_path': 'new.pem', 'log.level': 'warn' });
  assert.deepEqual(compareConfigs(running, loaded, ['gateway.tls.cert_path']), {
    next: configOf({ 'log.level': 'warn' }),
    changed: ['log.level'],
    needsRestart: ['gateway.tls.cert_path'],
  });
});

test('a reload without changes changes nothing', () => {
  const running = configOf({ 'gateway.allowed_hosts': ['a'] });
  assert.deepEqual(compareConfigs(running, configOf({ 'gateway.allowed_hosts': ['a'] })), {
    next: running,
    changed: [],
    needsRestart: [],
  });
});

test('a derived value follows on reload', () => {
  const { next, changed } = compareConfigs(configOf({}), configOf({ 'gateway.heartbeat_interval': 5 }));
  assert.equal(next.gateway.heartbeat_timeout, 15);
  assert.deepEqual(changed, ['gateway.heartbeat_interval', 'gateway.heartbeat_timeout']);
});

test('only what is fixed when listening or choosing a model for vectors needs a restart', () => {
  const fixed = CONFIG_KEYS.filter(
    (key) => !configOption(key).reloadable && !key.startsWith('memory.embeddings.'),
  );
  // They decide together what the vectors in the database are.
  assert.ok(
    CONFIG_KEYS.every((key) => !key.startsWith('memory.embeddings.') || !configOption(key).reloadable),
  );
  assert.deepEqual(fixed, [
    'gateway.host',
    'gateway.port',
    'gateway.workers',
    'gateway.web_ui',
    'gateway.insecure',
    'gateway.max_message_bytes',
    'gateway.tls.enabled',
    'metrics.host',
    'metrics.port',
    'metrics.token_env',
    'metrics.token_file',
  ]);
});
