/** Reminders and alerts that came: in a list, the newest first, and for a while as toasts. */
import type { Notification } from '../../client/index.js';

export interface Notice extends Notification {
  readonly read: boolean;
  /** Whether it is shown as a toast now. */
  readonly toast: boolean;
}

/** More than anybody looks through; the oldest go. */
const MOST = 500;
const MOST_TOASTS = 4;

const KINDS: Readonly<Record<string, string>> = { reminder: 'Reminder', alert: 'Alert', skill: 'Skill' };

/** What a notice is called: the types of the protocol by their names, free text as it is. */
export const kindOf = ({ type }: Pick<Notification, 'type'>): string => KINDS[type] ?? type;

export const arrived = (notices: readonly Notice[], notification: Notification): readonly Notice[] => {
  if (notices.some(({ id }) => id === notification.id)) return notices;
  let toasts = 1;
  const kept = notices
    .slice(0, MOST - 1)
    .map((each) => (each.toast && ++toasts > MOST_TOASTS ? { ...each, toast: false } : each));
  return [{ ...notification, read: false, toast: true }, ...kept];
};

/** The toast goes, the notice stays in the list. */
export const dismissed = (notices: readonly Notice[], id: string): readonly Notice[] =>
  notices.map((each) => (each.id === id && each.toast ? { ...each, toast: false } : each));

export const allRead = (notices: readonly Notice[]): readonly Notice[] =>
  notices.every(({ read }) => read) ? notices : notices.map((each) => ({ ...each, read: true }));

export const unreadNotices = (notices: readonly Notice[]): number =>
  notices.filter(({ read }) => !read).length;
