/**
 * Calls of a conversation as every provider takes them back. Models write names that nobody offered, servers number the
 * calls of each step anew or not at all, and where another provider goes on, it gets what the one before it wrote.
 */
import type { ReasoningStep } from './port.js';

const MAX_NAME_LENGTH = 64;
const FOREIGN = /[^A-Za-z0-9_-]/g;

export const plain = (text: string): string => text.replaceAll(FOREIGN, '_');

/** The same with ids of which none is there twice, and with names as tools can have them. */
export const wellNamed = (
  steps: readonly ReasoningStep[],
  idOf: (id: string) => string = (id) => id,
): readonly ReasoningStep[] => {
  const taken = new Set<string>();
  const unique = (id: string): string => {
    let found = id;
    for (let at = 2; taken.has(found) || found === ''; at += 1) found = `${id}_${at}`;
    taken.add(found);
    return found;
  };
  return steps.map(({ text, outcomes }) => ({
    text,
    outcomes: outcomes.map(({ call, ...outcome }) => ({
      ...outcome,
      call: {
        ...call,
        id: unique(idOf(call.id)),
        name: plain(call.name).slice(0, MAX_NAME_LENGTH) || '_',
      },
    })),
  }));
};
