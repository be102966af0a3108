/** What `[memory.embeddings]` means to the memory, with the key read from where it is kept. */
import type { Config } from '../schemas/config.js';
import type { EmbeddingsOptions } from './backends/memory/sqlite.js';
import { type Environment, readKey } from './keys.js';

/**
 * Null: they are off. What holds between the options has been checked with the configuration.
 *
 * @throws KeyError where there is no key where one should be
 */
export const embeddingsOptions = (
  { memory: { embeddings } }: Config,
  env: Environment,
): EmbeddingsOptions | null => {
  if (!embeddings.enabled) return null;
  return {
    baseUrl: embeddings.base_url,
    model: embeddings.model,
    apiKey: readKey('memory.embeddings', embeddings, env),
    dimensions: embeddings.dimensions,
    minSimilarity: embeddings.min_similarity,
    timeoutMs: embeddings.timeout_seconds * 1000,
  };
};
