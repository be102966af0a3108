/** What was said in a channel, as a terminal shows it. */
import type { Result } from '../schemas/methods.js';
import { printable, printableLine, shortTime, styleFor, type Terminal } from './terminal.js';

type Messages = Result<'chat.history'>['messages'];

/** Each message under a line with its number, who said it and when. */
export const formatHistory = (messages: Messages, io: Terminal): string => {
  const { bold } = styleFor(io);
  return messages
    .map(
      ({ seq, role, created_at, content, skills = [] }) =>
        `${bold(printableLine(`${seq} ${role} ${shortTime(created_at)}`))}\n${skillLine(skills)}${printable(content)}\n\n`,
    )
    .join('');
};

/** Which skills a reply has used, in a short line; empty: none. */
const skillLine = (skills: readonly { readonly skill: string; readonly ok: boolean }[]): string => {
  if (skills.length === 0) return '';
  const uses = new Map<string, number>();
  for (const { skill, ok } of skills) {
    const use = ok ? skill : `${skill} (failed)`;
    uses.set(use, (uses.get(use) ?? 0) + 1);
  }
  const words = [...uses].map(([use, times]) => (times === 1 ? use : `${use} ×${times}`));
  return `${printableLine(`· ${words.join(', ')}`)}\n`;
};
