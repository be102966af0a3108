/** What `[reasoning]` means to the reasoning thread, with keys and prompt read from where they are kept. */
import { readFileSync, statSync } from 'node:fs';
import type { Config } from '../schemas/config.js';
import type { ProviderKind, ProviderSettings, ReasoningSettings } from './backends/reasoning/settings.js';
import { codeOf } from './config/secret.js';
import { type Environment, type KeyPlace, readKey } from './keys.js';

const MAX_PROMPT_BYTES = 256 * 1024;

/** There is no prompt where one should be; the message is one sentence for the operator. */
export class PromptError extends Error {
  override readonly name = 'PromptError';
}

interface ProviderSection extends KeyPlace {
  readonly provider: 'embedded' | 'none' | ProviderKind;
  readonly model: string;
  readonly base_url: string;
}

/**
 * What holds between the options has been checked with the configuration.
 *
 * @throws KeyError where there is no key where one should be
 * @throws PromptError where the prompt's file cannot be used
 */
export const reasoningSettings = ({ reasoning }: Config, env: Environment): ReasoningSettings => {
  const { first, second } = reasoning.fallback;
  return {
    providers: [
      ...providersOf('reasoning', reasoning, env),
      ...providersOf('reasoning.fallback.first', first, env),
      ...providersOf('reasoning.fallback.second', second, env),
    ],
    systemPrompt:
      reasoning.system_prompt_file === ''
        ? reasoning.system_prompt.trim()
        : readPrompt(reasoning.system_prompt_file),
    temperature: reasoning.temperature < 0 ? null : reasoning.temperature,
    maxOutputTokens: reasoning.max_output_tokens === 0 ? null : reasoning.max_output_tokens,
    firstTokenTimeoutMs: reasoning.first_token_timeout_seconds * 1000,
    timeoutMs: reasoning.timeout_seconds * 1000,
    chunkDelayMs: reasoning.embedded.chunk_delay_ms,
  };
};

/** None, where the section asks nobody. */
const providersOf = (
  section: string,
  configured: ProviderSection,
  env: Environment,
): readonly ProviderSettings[] => {
  const { provider, model, base_url } = configured;
  if (provider === 'embedded' || provider === 'none') return [];
  const apiKey = readKey(section, configured, env);
  return [{ section, kind: provider, model, baseUrl: base_url === '' ? null : base_url, apiKey }];
};

const readPrompt = (file: string): string => {
  const place = `reasoning.system_prompt_file names ${file}`;
  try {
    // A device or a pipe would never end.
    const { size } = statSync(file);
    if (size > MAX_PROMPT_BYTES) {
      throw new PromptError(`${place}, which has ${size} bytes: at most ${MAX_PROMPT_BYTES} are taken.`);
    }
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof PromptError) throw error;
    throw new PromptError(`${place}, which cannot be read (${codeOf(error)}): mend that, or leave it empty.`);
  }
};
