/** Options of `[chat]`. */
import { BILLION, type ConfigOption, number } from './config-kinds.js';

export const CHAT_OPTIONS = {
  'chat.detached_timeout': number({
    default: 120,
    min: 0,
    max: BILLION,
    unit: 'seconds',
    zero: 'cancelled as soon as nobody follows',
    reloadable: true,
    reason:
      'How long a reply goes on with nobody following it. Longer forgives lost networks; shorter saves tokens nobody reads.',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;
