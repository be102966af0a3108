/** What the reasoning thread answers with: how it is told, in its own words and units. */

export type ProviderKind = 'openai-compatible' | 'anthropic';

/** A provider to ask over HTTP. */
export interface ProviderSettings {
  /** Where it stands in the configuration: what an operator is told when it fails. */
  readonly section: string;
  readonly kind: ProviderKind;
  readonly model: string;
  /** Null: the maker's own. */
  readonly baseUrl: string | null;
  /** Null: it asks for none. */
  readonly apiKey: string | null;
}

export interface ReasoningSettings {
  /** In the order in which they are asked; none: the embedded engine answers. */
  readonly providers: readonly ProviderSettings[];
  /** Empty: none. */
  readonly systemPrompt: string;
  /** Null: the model is not told. */
  readonly temperature: number | null;
  /** Null: as many as the provider gives. */
  readonly maxOutputTokens: number | null;
  /** From a request to its first word. */
  readonly firstTokenTimeoutMs: number;
  /** Between two words. */
  readonly timeoutMs: number;
  /** Between two words of the embedded engine; 0: as fast as it can. */
  readonly chunkDelayMs: number;
}

/** The makers' own places. */
const OFFICIAL: Readonly<Record<ProviderKind, string>> = {
  'openai-compatible': 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
};

/** Without a slash at its end, and for Anthropic without the version, which its SDK puts there. */
export const baseUrlOf = ({ kind, baseUrl }: ProviderSettings): string => {
  if (baseUrl === null) return OFFICIAL[kind];
  const trimmed = baseUrl.replace(/\/+$/, '');
  return kind === 'anthropic' ? trimmed.replace(/\/v1$/, '') : trimmed;
};
