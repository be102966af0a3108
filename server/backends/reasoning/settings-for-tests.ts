/** For tests: settings of the reasoning thread. */
import type { ReasoningSettings } from './settings.js';

/** The embedded engine at a pace. */
export const embeddedAt = (chunkDelayMs: number): ReasoningSettings => ({
  providers: [],
  systemPrompt: '',
  temperature: null,
  maxOutputTokens: null,
  firstTokenTimeoutMs: 20_000,
  timeoutMs: 20_000,
  chunkDelayMs,
});
