/** What an examination finds: one line each. */

export type Level = 'ok' | 'warning' | 'error';

export interface Finding {
  /** What was looked at. */
  readonly check: string;
  readonly level: Level;
  /** One clause without a stop; holds no secret. */
  readonly message: string;
  /** What to do, as a clause; null where all is well. */
  readonly advice: string | null;
}

export const ok = (check: string, message: string): Finding => ({
  check,
  level: 'ok',
  message,
  advice: null,
});
export const warning = (check: string, message: string, advice: string): Finding => ({
  check,
  level: 'warning',
  message,
  advice,
});
export const error = (check: string, message: string, advice: string): Finding => ({
  check,
  level: 'error',
  message,
  advice,
});

/** A sentence of the product, which says what is wrong and, behind a colon, what to do. */
export const fromSentence = (
  check: string,
  sentence: string,
  level: 'warning' | 'error' = 'error',
): Finding => {
  const text = sentence.replace(/\.$/, '');
  const at = Math.max(text.lastIndexOf(': '), text.lastIndexOf('; '));
  if (at === -1) return { check, level, message: text, advice: 'mend that' };
  return { check, level, message: text.slice(0, at), advice: text.slice(at + 2) };
};
