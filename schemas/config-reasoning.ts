/** Options of `[reasoning]`: where replies come from. */
import { type ConfigOption, number, oneOf } from './config-kinds.js';

export const REASONING_OPTIONS = {
  'reasoning.provider': oneOf(['embedded'], {
    default: 'embedded',
    reloadable: false,
    reason: 'What writes the replies. `embedded` needs no network and no key.',
  }),
  'reasoning.embedded.chunk_delay_ms': number({
    default: 15,
    min: 0,
    max: 60_000,
    unit: 'milliseconds',
    zero: 'as fast as it can',
    reloadable: true,
    reason: 'Pause between two chunks of the embedded provider, so that streaming can be seen.',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;
