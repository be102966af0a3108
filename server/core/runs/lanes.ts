/** Work side by side where only so much of each kind may go on at a time. */

/**
 * @param kindOf what an item shares its lanes with
 * @param maxOfKind at a time, at least 1
 * @param work must not reject
 * @param signal nothing begins behind its abort
 * @returns what came of each, in the order of the items; holes for what did not begin
 */
export const inLanes = async <Item, Result>(
  items: readonly Item[],
  kindOf: (item: Item) => string,
  maxOfKind: number,
  work: (item: Item, at: number) => Promise<Result>,
  signal: AbortSignal,
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  const waiting = new Map<string, [item: Item, at: number][]>();
  for (const [at, item] of items.entries()) {
    const kind = kindOf(item);
    waiting.set(kind, [...(waiting.get(kind) ?? []), [item, at]]);
  }
  const workInTurn = async (queue: [Item, number][]): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
      const [item, at] = next;
      results[at] = await work(item, at);
    }
  };
  const lanes = [...waiting.values()].flatMap((queue) =>
    Array.from({ length: Math.min(queue.length, maxOfKind) }, () => workInTurn(queue)),
  );
  await Promise.all(lanes);
  return results;
};
