/** For tests: settings of the reasoning thread. */
import type { ProviderSettings, ReasoningSettings } from './settings.js';

/** The embedded engine at a pace. */
export const embeddedAt = (chunkDelayMs: number): ReasoningSettings => ({
  providers: [],
  systemPrompt: '',
  temperature: null,
  maxOutputTokens: null,
  firstTokenTimeoutMs: 150_000,
  timeoutMs: 150_000,
  chunkDelayMs,
});

/** Providers, with as much patience as a busy machine needs. */
export const askedFrom = (
  providers: readonly (Partial<ProviderSettings> & Pick<ProviderSettings, 'kind' | 'baseUrl'>)[],
  change: Partial<ReasoningSettings> = {},
): ReasoningSettings => ({
  ...embeddedAt(0),
  providers: providers.map((provider, at) => ({
    section: at === 0 ? 'reasoning' : `reasoning.fallback.${at === 1 ? 'first' : 'second'}`,
    model: `model-${at}`,
    apiKey: `sk-test-swordfish-${at}`,
    ...provider,
  })),
  ...change,
});
