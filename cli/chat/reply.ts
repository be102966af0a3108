/** A reply as it is printed: its text as it comes, a line for each skill, and what its end means. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Completion, Gateway, Reply } from '../../client/node.js';
import { printable, printableLine, styleFor, type Terminal } from '../terminal.js';
import type { Screen } from './screen.js';

/** Of the line that tells of a skill. */
const MAX_SKILL_CHARS = 79;

export interface PrintOptions {
  readonly client: Gateway;
  readonly io: Terminal;
  readonly screen: Screen;
  /** Ends the printing, and not the reply. */
  readonly signal?: AbortSignal;
}

/**
 * Prints a reply as it comes. Where the signal ends that, nothing more is written.
 *
 * @returns how it ended
 * @throws what reading it throws; the signal's reason
 */
export const printReply = async (
  reply: Reply,
  { client, io, screen, signal }: PrintOptions,
): Promise<Completion> => {
  const stopShowing = showSkills(client, reply, io, (line) => screen.line(line));
  const stopped = rejectionOf(signal);
  const print = async (): Promise<Completion> => {
    let linesBefore = screen.lines;
    let isBehindLine = false;
    for await (const piece of reply) {
      if (signal?.aborted) break;
      if (screen.lines !== linesBefore) isBehindLine = true;
      linesBefore = screen.lines;
      const shown = io.stdout.isTTY ? printable(piece) : piece;
      // The line end that parts it from what was said before has been written.
      const text = isBehindLine ? shown.replace(/^ ?\n*/, '') : shown;
      screen.write(text);
      if (text !== '') isBehindLine = false;
    }
    // A line that is due comes before the next prompt.
    await nextTurn();
    return reply.completion;
  };
  try {
    return await Promise.race([print(), stopped.promise]);
  } finally {
    stopped.forget();
    stopShowing();
    screen.endLine();
  }
};

/** A promise that rejects with the signal's reason. */
const rejectionOf = (signal: AbortSignal | undefined): { promise: Promise<never>; forget: () => void } => {
  let forget = (): void => {};
  const promise = new Promise<never>((_resolve, reject) => {
    const fail = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', fail, { once: true });
    forget = () => signal?.removeEventListener('abort', fail);
  });
  return { promise, forget };
};

/** Has a line written for each skill that a reply uses, and for each that fails; a pipe gets the reply and nothing else. */
const showSkills = (
  client: Gateway,
  { messageId }: Reply,
  io: Terminal,
  write: (line: string) => void,
): (() => void) => {
  if (!io.stdout.isTTY) return () => {};
  const { dim } = styleFor(io);
  const show = (message_id: string, text: string): void => {
    const line = printableLine(text);
    const cut = [...line.slice(0, 2 * MAX_SKILL_CHARS)].slice(0, MAX_SKILL_CHARS - 1).join('');
    const tell = (): void => write(dim(cut.length < line.length ? `${cut}…` : line));
    messageId.then(
      (own) => {
        // What came before it is still on its way to the reader.
        if (own === message_id) setImmediate(tell);
      },
      () => {},
    );
  };
  const listeners = [
    client.on('skill.invoke', ({ message_id, skill, arguments: args }) => {
      const json = JSON.stringify(args);
      show(message_id, `· ${skill}${json === '{}' ? '' : ` ${json}`}`);
    }),
    client.on('skill.result', ({ message_id, skill, ok, error }) => {
      if (!ok) show(message_id, `· ${skill}: ${error?.message ?? 'failed'}`);
    }),
  ];
  return () => {
    for (const stop of listeners) stop();
  };
};

/** Why a reply is not whole, in one sentence; null where it is. */
export const failureOf = ({ finish_reason, error }: Completion): string | null => {
  switch (finish_reason) {
    case 'stop':
      return null;
    case 'length':
      return 'The reply reached its greatest length: ask for the rest.';
    case 'cancelled':
      return 'The reply was cancelled.';
    case 'interrupted':
      return 'The reply was cut short: send the message again.';
    case 'error':
      return `There is no reply: ${printableLine(error?.message ?? 'reasoning failed')}; ${
        error?.data?.retryable ? 'send the message again later' : 'look into the gateway’s log'
      }.`;
  }
};
