import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildConfig, type ConfigKey, type ConfigValue } from '../schemas/config.js';
import { KeyError } from './keys.js';
import { PromptError, reasoningSettings } from './reasoning.js';

const configured = (set: Readonly<Record<string, ConfigValue>>) =>
  buildConfig(
    new Map(Object.entries(set).map(([name, value]) => [`reasoning.${name}` as ConfigKey, value] as const)),
  );

test('out of the box nobody is asked, and nothing is read', () => {
  assert.deepEqual(reasoningSettings(configured({ api_key_file: '/missing' }), {}), {
    providers: [],
    systemPrompt: '',
    temperature: null,
    maxOutputTokens: null,
    firstTokenTimeoutMs: 120_000,
    timeoutMs: 60_000,
    chunkDelayMs: 15,
  });
});

test('providers stand in the order in which they are asked, each with its own key, in the thread’s units', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'reasoning-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const [key, prompt] = [join(dir, 'key'), join(dir, 'prompt')];
  writeFileSync(key, 'sk-of-the-file\n', { mode: 0o600 });
  writeFileSync(prompt, '\nBe brief.\nBe kind.\n');
  const settings = reasoningSettings(
    configured({
      provider: 'openai-compatible',
      model: 'm',
      api_key_env: 'KEY',
      system_prompt_file: prompt,
      temperature: 0,
      max_output_tokens: 99,
      timeout_seconds: 0.5,
      first_token_timeout_seconds: 2,
      'fallback.second.provider': 'anthropic',
      'fallback.second.model': 'c',
      'fallback.second.base_url': 'https://a',
      'fallback.second.api_key_file': key,
    }),
    { KEY: 'sk-of-the-variable' },
  );
  assert.deepEqual(settings, {
    providers: [
      {
        section: 'reasoning',
        kind: 'openai-compatible',
        model: 'm',
        baseUrl: null,
        apiKey: 'sk-of-the-variable',
      },
      {
        section: 'reasoning.fallback.second',
        kind: 'anthropic',
        model: 'c',
        baseUrl: 'https://a',
        apiKey: 'sk-of-the-file',
      },
    ],
    systemPrompt: 'Be brief.\nBe kind.',
    temperature: 0,
    maxOutputTokens: 99,
    firstTokenTimeoutMs: 2000,
    timeoutMs: 500,
    chunkDelayMs: 15,
  });
});

test('a prompt that cannot be read or is too long, and a key that is missing, are told in one sentence', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'reasoning-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const long = join(dir, 'long');
  writeFileSync(long, 'x'.repeat(262_145));
  const refused = (set: Readonly<Record<string, ConfigValue>>, error: Error): void =>
    assert.throws(() => reasoningSettings(configured(set), {}), error);
  refused(
    { system_prompt_file: long },
    new PromptError(
      `reasoning.system_prompt_file names ${long}, which has 262145 bytes: at most 262144 are taken.`,
    ),
  );
  refused(
    { system_prompt_file: dir },
    new PromptError(
      `reasoning.system_prompt_file names ${dir}, which cannot be read (EISDIR): mend that, or leave it empty.`,
    ),
  );
  refused(
    { 'fallback.first.provider': 'anthropic', 'fallback.first.api_key_env': 'NONE' },
    new KeyError(
      'reasoning.fallback.first.api_key_env names the variable NONE, which is not set or empty: put the key there.',
    ),
  );
});
