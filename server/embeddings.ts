/** What `[memory.embeddings]` means to the memory, with the key read from where it is kept. */
import { readFileSync } from 'node:fs';
import type { Config } from '../schemas/config.js';
import type { EmbeddingsOptions } from './backends/memory/sqlite.js';

/** Embeddings cannot be used as configured; the message is one sentence for the operator, and repeats no key. */
export class EmbeddingsError extends Error {
  override readonly name = 'EmbeddingsError';
}

/**
 * Null: they are off. What holds between the options has been checked with the configuration.
 *
 * @throws EmbeddingsError where there is no key where one should be
 */
export const embeddingsOptions = (
  { memory: { embeddings } }: Config,
  env: Readonly<Record<string, string | undefined>>,
): EmbeddingsOptions | null => {
  if (!embeddings.enabled) return null;
  return {
    baseUrl: embeddings.base_url,
    model: embeddings.model,
    apiKey: keyOf(embeddings, env),
    dimensions: embeddings.dimensions,
    minSimilarity: embeddings.min_similarity,
    timeoutMs: embeddings.timeout_seconds * 1000,
  };
};

const keyOf = (
  { api_key_env: variable, api_key_file: file }: Config['memory']['embeddings'],
  env: Readonly<Record<string, string | undefined>>,
): string | null => {
  if (variable !== '') {
    return usable(env[variable] ?? '', `memory.embeddings.api_key_env names the variable ${variable}`);
  }
  if (file === '') return null;
  const place = `memory.embeddings.api_key_file names ${file}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
    throw new EmbeddingsError(`${place}, which cannot be read (${code}): mend that, or leave it empty.`);
  }
  return usable(text, place);
};

/** A key as a header can carry it. */
const usable = (text: string, place: string): string => {
  const key = text.trim();
  if (key === '') throw new EmbeddingsError(`${place}, which is not set or empty: put the key there.`);
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new EmbeddingsError(`${place}, which holds more than a key: leave nothing but the key there.`);
  }
  return key;
};
