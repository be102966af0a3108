/** How long a page's thread is busy at a stretch: while it is, nothing that somebody does shows on the screen. */
import type { Page } from 'playwright-core';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds, of the clock and of the processor. */
  readonly dur?: number;
  readonly tdur?: number;
}

export interface Busy {
  readonly tasks: number;
  /** Of the longest task: what the thread had of a processor. Whatever else the machine does, this stays the same. */
  readonly longestCpuMs: number;
  /** By the clock: with the time for which others had the processor. */
  readonly longestMs: number;
}

const TASK = 'ThreadControllerImpl::RunTask';

const longest = (durations: readonly (number | undefined)[]): number =>
  durations.reduce<number>((most, duration = 0) => Math.max(most, duration), 0) / 1000;

/** Watches the thread of a page, by the browser's own trace, while `use` runs. No other page may be open. */
export const watchMainThread = async (page: Page, use: () => Promise<void>): Promise<Busy> => {
  const browser = page.context().browser();
  if (browser === null) throw new Error('A page without a browser cannot be traced.');
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const traceConfig = { includedCategories: ['toplevel', 'devtools.timeline'], excludedCategories: ['*'] };
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
  try {
    await use();
  } finally {
    const isOver = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await isOver;
    await session.detach();
  }
  const frame = events.find(({ name }) => name === 'FireAnimationFrame');
  if (frame === undefined) throw new Error('The page has drawn nothing.');
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => name === TASK && ph === 'X' && pid === frame.pid && tid === frame.tid,
  );
  return {
    tasks: tasks.length,
    longestCpuMs: longest(tasks.map(({ tdur }) => tdur)),
    longestMs: longest(tasks.map(({ dur }) => dur)),
  };
};
