/** Options of `[memory]`: what a channel remembers, and how it is found. */
import {
  BASE_URL,
  BILLION,
  boolean,
  type ConfigOption,
  FILE_PATH,
  integer,
  MODEL_NAME,
  number,
  string,
  VARIABLE_NAME,
} from './config-kinds.js';

export const MEMORY_OPTIONS = {
  'memory.recall_tokens': integer({
    default: 2000,
    min: 0,
    max: BILLION,
    unit: 'tokens',
    zero: 'nothing is recalled',
    reloadable: true,
    reason:
      'How much of a channel’s past the model sees with each message. More remembers better and costs more.',
  }),
  'memory.compact_after_messages': integer({
    default: 200,
    min: 0,
    max: BILLION,
    unit: 'messages',
    zero: 'never',
    reloadable: true,
    reason:
      'Messages and replies that may stand behind a channel’s summary; beyond, the older half is summarized, and stays. Fewer leave less that only a search finds; more ask the provider less often. The default is several times what `recall_tokens` shows of the last turns.',
  }),
  'memory.retention_days': integer({
    default: 0,
    min: 0,
    max: 36_500,
    unit: 'days',
    zero: 'kept for ever',
    reloadable: true,
    reason:
      'Older messages are removed with their replies, in the background, from the disk as well. Shorter keeps less that could leak.',
  }),
  'memory.max_channel_messages': integer({
    default: 0,
    min: 0,
    max: BILLION,
    unit: 'messages',
    zero: 'no limit',
    reloadable: true,
    reason:
      'Messages and replies one channel keeps; beyond, the oldest are removed in the background. Bounds the disk a channel takes.',
  }),
  'memory.embeddings.enabled': boolean({
    default: false,
    reloadable: false,
    reason:
      'Whether recall and search find by meaning, too, and not by words alone. Every message, reply and query is then sent to `base_url`.',
  }),
  'memory.embeddings.base_url': string({
    default: '',
    rule: BASE_URL,
    reloadable: false,
    reason:
      'Where an OpenAI-compatible `/embeddings` is, without that last part. Needed with `enabled`. `http:` only to this machine, or see `insecure`.',
  }),
  'memory.embeddings.model': string({
    default: '',
    rule: MODEL_NAME,
    reloadable: false,
    reason:
      'The model that makes the vectors, by its name at the endpoint. Needed with `enabled`. Another one makes all vectors anew, in the background.',
  }),
  'memory.embeddings.api_key_env': string({
    default: '',
    rule: VARIABLE_NAME,
    reloadable: false,
    reason:
      'The environment variable that holds the key for the endpoint; empty: no key. The key itself never stands in this file.',
  }),
  'memory.embeddings.api_key_file': string({
    default: '',
    rule: FILE_PATH,
    reloadable: false,
    reason: 'A file that holds nothing but the key, instead of `api_key_env`; empty: no file.',
  }),
  'memory.embeddings.insecure': boolean({
    default: false,
    reloadable: false,
    reason:
      'Allows `http:` to another machine. Texts and key then cross the network in the clear: only inside a network of your own.',
  }),
  'memory.embeddings.dimensions': integer({
    default: 0,
    min: 0,
    max: 8192,
    unit: 'numbers',
    zero: 'as many as the model gives',
    reloadable: false,
    reason:
      'How long a vector the model is asked for, which not every model heeds. Shorter takes less disk (4 bytes a number) and tells less apart.',
  }),
  'memory.embeddings.min_similarity': number({
    default: 0.3,
    min: 0,
    max: 1,
    zero: 'everything that is not opposite in meaning is a match',
    reloadable: false,
    reason:
      'Texts that are less similar to a query (cosine) are no matches. Models differ: raise it where unrelated texts are found.',
  }),
  'memory.embeddings.timeout_seconds': number({
    default: 30,
    min: 0.1,
    max: 600,
    unit: 'seconds',
    reloadable: false,
    reason:
      'How long one request to the endpoint may take. A query waits one second at most and then goes by words alone.',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;
