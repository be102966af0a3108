import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildConfig, type ConfigKey, type ConfigValue } from '../schemas/config.js';
import { embeddingsOptions } from './embeddings.js';
import { KeyError } from './keys.js';

const configured = (set: Readonly<Record<string, ConfigValue>>) =>
  buildConfig(
    new Map(
      Object.entries({ enabled: true, base_url: 'https://a/v1', model: 'm', ...set }).map(
        ([name, value]) => [`memory.embeddings.${name}` as ConfigKey, value] as const,
      ),
    ),
  );

test('off, nothing is read; on, the key comes from where it is kept, in the memory’s own units', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'embeddings-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'key');
  writeFileSync(file, 'sk-from-file\n', { mode: 0o600 });
  assert.equal(embeddingsOptions(configured({ enabled: false, api_key_file: '/missing' }), {}), null);
  assert.deepEqual(embeddingsOptions(configured({ timeout_seconds: 0.5 }), {}), {
    baseUrl: 'https://a/v1',
    model: 'm',
    apiKey: null,
    dimensions: 0,
    minSimilarity: 0.3,
    timeoutMs: 500,
  });
  const keyOf = (set: Readonly<Record<string, ConfigValue>>, env: Record<string, string> = {}) =>
    embeddingsOptions(configured(set), env)?.apiKey;
  assert.equal(keyOf({ api_key_env: 'KEY' }, { KEY: ' sk-1 ' }), 'sk-1');
  assert.equal(keyOf({ api_key_file: file }), 'sk-from-file');
});

for (const [what, set, env, sentence] of [
  [
    'a variable that is not set',
    { api_key_env: 'KEY' },
    {},
    'memory.embeddings.api_key_env names the variable KEY, which is not set or empty: put the key there.',
  ],
  [
    'a variable with more than a key',
    { api_key_env: 'KEY' },
    { KEY: 'sk-1\r\nx: y' },
    'memory.embeddings.api_key_env names the variable KEY, which holds more than a key: leave nothing but the key there.',
  ],
  [
    'a file that is not there',
    { api_key_file: '/nowhere/key' },
    {},
    'memory.embeddings.api_key_file names /nowhere/key, which cannot be read (ENOENT): mend that, or leave it empty.',
  ],
] as const) {
  test(`${what} is told in one sentence, without the key`, () => {
    assert.throws(() => embeddingsOptions(configured(set), env), new KeyError(sentence));
  });
}
