/** Options of `[reasoning]`: where replies come from. */
import {
  BASE_URL,
  BILLION,
  boolean,
  type ConfigOption,
  FILE_PATH,
  integer,
  MODEL_NAME,
  number,
  oneOf,
  string,
  TEXT,
  VARIABLE_NAME,
} from './config-kinds.js';

/** Options under another section: `model` → `reasoning.fallback.first.model`. */
type Under<P extends string, T> = { readonly [K in keyof T & string as `${P}.${K}`]: T[K] };
const under = <const P extends string, T extends object>(section: P, options: T): Under<P, T> =>
  Object.fromEntries(
    Object.entries(options).map(([name, option]) => [`${section}.${name}`, option]),
  ) as Under<P, T>;

const PROVIDERS = ['openai-compatible', 'anthropic'] as const;

/** Where a model is, and what it is called there. */
const ENDPOINT_OPTIONS = {
  model: string({
    default: '',
    rule: MODEL_NAME,
    reloadable: true,
    reason: 'The model, by its name at the provider. Needed for every provider but `embedded`.',
  }),
  base_url: string({
    default: '',
    rule: BASE_URL,
    reloadable: true,
    reason:
      'Where the provider is: what stands before `/chat/completions` or `/v1/messages`. Empty: OpenAI or Anthropic themselves. `http:` only to this machine, or see `insecure`.',
  }),
  api_key_env: string({
    default: '',
    rule: VARIABLE_NAME,
    reloadable: true,
    reason:
      'The environment variable that holds the key for the provider; empty: no key. The key itself never stands in this file.',
  }),
  api_key_file: string({
    default: '',
    rule: FILE_PATH,
    reloadable: true,
    reason:
      'A file that holds nothing but the key, instead of `api_key_env`; empty: no file. Read again at every reload.',
  }),
  insecure: boolean({
    default: false,
    reloadable: true,
    reason:
      'Allows `http:` to another machine. Conversations and key then cross the network in the clear: only inside a network of your own.',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;

const FALLBACK_OPTIONS = {
  provider: oneOf(['none', ...PROVIDERS], {
    default: 'none',
    reloadable: true,
    reason:
      'Who is asked where those before it fail without a word said. The prompt, the temperature and all times are those of `[reasoning]`.',
  }),
  ...ENDPOINT_OPTIONS,
} as const satisfies Readonly<Record<string, ConfigOption>>;

export const REASONING_OPTIONS = {
  ...under('reasoning', {
    provider: oneOf(['embedded', ...PROVIDERS], {
      default: 'embedded',
      reloadable: true,
      reason:
        'What writes the replies. `embedded` needs no network and no key, and only repeats what was said. `openai-compatible` is OpenAI and whatever speaks like it: Ollama, vLLM, llama.cpp, LiteLLM.',
    }),
    ...ENDPOINT_OPTIONS,
    system_prompt: string({
      default: '',
      rule: TEXT,
      reloadable: true,
      reason: 'What the model is told before every conversation; empty: nothing.',
    }),
    system_prompt_file: string({
      default: '',
      rule: FILE_PATH,
      reloadable: true,
      reason:
        'A file that holds it, instead of `system_prompt`, of at most 256 KiB; empty: no file. Read again at every reload.',
    }),
    temperature: number({
      default: -1,
      min: -1,
      max: 2,
      reloadable: true,
      reason: 'How freely the model chooses its words. Below 0: it is not told, which some models insist on.',
    }),
    max_output_tokens: integer({
      default: 0,
      min: 0,
      max: BILLION,
      unit: 'tokens',
      zero: 'as many as the provider gives; 4096 with `anthropic`, which wants a number',
      reloadable: true,
      reason: 'How long a reply may become; a longer one ends with `length`. Bounds what one reply costs.',
    }),
    first_token_timeout_seconds: number({
      default: 120,
      min: 0.1,
      max: 290,
      unit: 'seconds',
      reloadable: true,
      reason:
        'How long one request may take to its first word. Longer forgives a model that has to be loaded or that thinks; shorter falls back sooner.',
    }),
    timeout_seconds: number({
      default: 60,
      min: 0.1,
      max: 290,
      unit: 'seconds',
      reloadable: true,
      reason:
        'How long a reply that has begun may be silent between two words before it is cut. A reply that goes on is never cut, however long it takes.',
    }),
    max_steps: integer({
      default: 8,
      min: 0,
      max: 64,
      unit: 'steps',
      zero: 'the model is offered no skills',
      reloadable: true,
      reason:
        'How often a model may ask for skills on the way to one reply; then it has to answer with what it has. Each step is one more call of the provider.',
    }),
    max_streams: integer({
      default: 1000,
      min: 0,
      max: BILLION,
      unit: 'replies',
      zero: 'no limit',
      reloadable: true,
      reason:
        'Replies that are written at a time, of all principals; further ones wait their turn in their channels, and nothing is lost. Keep it below what the provider allows.',
    }),
    max_streams_per_principal: integer({
      default: 100,
      min: 0,
      max: BILLION,
      unit: 'replies',
      zero: 'no limit',
      reloadable: true,
      reason: 'The same for one principal, so that nobody takes the places of all others.',
    }),
  }),
  ...under('reasoning.fallback.first', FALLBACK_OPTIONS),
  ...under('reasoning.fallback.second', FALLBACK_OPTIONS),
  ...under('reasoning.embedded', {
    chunk_delay_ms: number({
      default: 15,
      min: 0,
      max: 60_000,
      unit: 'milliseconds',
      zero: 'as fast as it can',
      reloadable: true,
      reason: 'Pause between two chunks of the embedded provider, so that streaming can be seen.',
    }),
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;
