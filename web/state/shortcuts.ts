/** The keys of the page. On a Mac the same with ⌘ for Ctrl and ⌥ for Alt. */

export type Command =
  | 'new-channel'
  | 'next-channel'
  | 'previous-channel'
  | 'switch'
  | 'search'
  | 'help'
  | 'focus';

interface Key {
  readonly key: string;
  readonly code: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

/** @param isTyping whether the key would go into a field; null: not a key of the page */
export const commandOf = (event: Key, isTyping: boolean): Command | null => {
  const { altKey, ctrlKey, metaKey, shiftKey, code, key } = event;
  const control = ctrlKey !== metaKey && (ctrlKey || metaKey);
  if (control && !altKey && code === 'KeyK') return shiftKey ? 'search' : 'switch';
  if (altKey && !ctrlKey && !metaKey && !shiftKey) {
    // With Alt a Mac types other letters: the place of the key counts.
    if (code === 'KeyN') return 'new-channel';
    if (code === 'ArrowDown') return 'next-channel';
    if (code === 'ArrowUp') return 'previous-channel';
  }
  if (isTyping || altKey || ctrlKey || metaKey) return null;
  if (key === '/') return 'focus';
  return key === '?' ? 'help' : null;
};

/** For the list of them, in the order in which they are learned. */
export const SHORTCUTS: readonly { readonly keys: string; readonly what: string }[] = [
  { keys: 'Enter', what: 'Send the message' },
  { keys: 'Shift + Enter', what: 'A new line in the message' },
  { keys: 'Esc', what: 'Stop the reply, from the message field' },
  { keys: '/', what: 'Go to the message field' },
  { keys: 'Alt + N', what: 'New channel' },
  { keys: 'Ctrl + K', what: 'Switch to another channel' },
  { keys: 'Alt + ↓ / ↑', what: 'Next or previous channel' },
  { keys: 'Ctrl + Shift + K', what: 'Search in this channel' },
  { keys: '?', what: 'This list' },
];
