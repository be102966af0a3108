/** What this browser keeps: the token for as long as the tab, and what has been seen for longer. Never the text of a message. */
import type { Seen } from '../state/channels.js';

const TOKEN = 'openclaw.token';
const CLIENT_ID = 'openclaw.client-id';
const SEEN = 'openclaw.seen';
const THEME = 'openclaw.theme';

export type Theme = 'system' | 'light' | 'dark';

/** Storage may be switched off: then nothing is remembered, and everything else works. */
const get = (storage: () => Storage, key: string): string | null => {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
};

const set = (storage: () => Storage, key: string, value: string | null): void => {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // As above.
  }
};

const session = (): Storage => sessionStorage;
const local = (): Storage => localStorage;

export const rememberedToken = (): string | null => get(session, TOKEN);
export const rememberToken = (token: string | null): void => set(session, TOKEN, token);

/** Others on a channel see it; one for each tab. */
export const clientId = (): string => {
  const known = get(session, CLIENT_ID);
  if (known !== null && /^web-[0-9a-f]{8}$/.test(known)) return known;
  const random = crypto.getRandomValues(new Uint8Array(4));
  const made = `web-${Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  set(session, CLIENT_ID, made);
  return made;
};

/** null: this browser has never seen a channel. */
export const rememberedSeen = (): Seen | null => {
  try {
    const seen: unknown = JSON.parse(get(local, SEEN) ?? 'null');
    if (typeof seen !== 'object' || seen === null) return null;
    return Object.fromEntries(Object.entries(seen).filter(([, count]) => Number.isSafeInteger(count)));
  } catch {
    return null;
  }
};
export const rememberSeen = (seen: Seen): void => set(local, SEEN, JSON.stringify(seen));

export const rememberedTheme = (): Theme => {
  const theme = get(local, THEME);
  return theme === 'light' || theme === 'dark' ? theme : 'system';
};
export const rememberTheme = (theme: Theme): void => set(local, THEME, theme === 'system' ? null : theme);
