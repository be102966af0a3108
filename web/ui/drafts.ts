/** What was typed and not sent, by channel, for as long as the page is open. */
const drafts = new Map<string, string>();
const listeners = new Set<() => void>();

export const draftOf = (channel: string): string => drafts.get(channel) ?? '';

export const keepDraft = (channel: string, text: string): void => {
  if (text === '') drafts.delete(channel);
  else drafts.set(channel, text);
};

/** Puts a text into the field of a channel, in front of what stands there. */
export const putDraft = (channel: string, text: string): void => {
  const before = draftOf(channel);
  keepDraft(channel, before === '' ? text : `${text}\n${before}`);
  for (const listener of listeners) listener();
};

/** Calls `listener` when a draft was put. @returns the function that ends it */
export const onDraftPut = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
