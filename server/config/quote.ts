/** Foreign text made fit to stand in a sentence on a terminal or in a log. */

const MAX_SHOWN = 80;
// C0 and C1 controls, directional marks, line separators: terminals obey them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** `text` on one line and cut after 160 characters, with everything a terminal obeys escaped. */
export const printable = (text: string): string =>
  cut(text, 2 * MAX_SHOWN).replace(UNPRINTABLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** `text` in double quotes, escaped like a JSON string and cut after 80 characters. */
export const quote = (text: string): string => {
  const escaped = JSON.stringify(cut(text, MAX_SHOWN));
  return escaped.replace(UNPRINTABLE, printable);
};

/**
 * A key as TOML would write it: bare where it can be (TOML 1.0, "Keys"), so that the quoted
 * key `"gateway.port"` is told from the dotted key `gateway.port`.
 */
export function formatKey(path: readonly string[]): string {
  return path.map((part) => (/^[A-Za-z0-9_-]{1,80}$/.test(part) ? part : quote(part))).join('.');
}

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length)}…` : text;
