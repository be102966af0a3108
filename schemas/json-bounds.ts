/** Bounds of free-form JSON that comes from outside, which a schema cannot express. */

/** Whether objects and arrays stand inside each other on more than so many levels. */
export const deeperThan = (value: unknown, levels: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => deeperThan(member, levels - 1));
};

/** A JSON escape of a surrogate: JSON.stringify writes one only where the other half is missing. */
const LONE_SURROGATE_ESCAPE = /(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]/;

/** Whether a text somewhere in it has half a character. @param json as JSON.stringify writes it */
export const hasHalfCharacter = (json: string): boolean => LONE_SURROGATE_ESCAPE.test(json);
