/** The skills that come with the gateway: reminders, the search of a channel's past, the time. */
import type { BuiltInSkill } from '../../../schemas/config-skills.js';
import type { MemoryPort } from '../memory/port.js';
import { type FlatSchema, flatProblem, jsonSchemaOf } from './flat-arguments.js';
import { cutText } from './output.js';
import type {
  Reminder,
  ReminderRequest,
  Reminders,
  SkillInvocation,
  SkillOutcome,
  SkillsPort,
} from './port.js';
import { toolNameOf } from './tool-name.js';

const DEFAULT_HITS = 10;

export interface BuiltInOptions {
  readonly memory: MemoryPort;
  readonly reminders: Reminders;
  readonly wallMs: () => number;
  /** `gateway.timezone`, as it is now; empty: the system's. */
  readonly timezone: () => string;
}

interface Skill {
  readonly description: string;
  readonly schema: FlatSchema;
  readonly run: (invocation: SkillInvocation) => Promise<SkillOutcome>;
}

/** Those of one source, each of which the configuration knows. */
type SkillsOf<Source extends string> = Readonly<Record<Extract<BuiltInSkill, `${Source}.${string}`>, Skill>>;

const done = (content: string): SkillOutcome => ({ ok: true, content });
const failed = (content: string): SkillOutcome => ({ ok: false, content });
const timestamp = (ms: number): string => new Date(ms).toISOString();

const lineOf = ({ id, text, dueAtMs, cron }: Reminder): string =>
  `${id}: ${timestamp(dueAtMs)}${cron === null ? '' : ` (again and again: ${cron})`} ${text}`;

const reminderSkills = (reminders: Reminders): SkillsOf<'reminder'> => ({
  'reminder.set': {
    description:
      'Reminds the user of something, at a time, after a while, or again and again. Gives the reminder’s id.',
    schema: {
      required: ['text'],
      fields: {
        text: { type: 'string', minimum: 1, maximum: 2048, description: 'What to remind of.' },
        at: {
          type: 'string',
          maximum: 64,
          description: 'When, RFC 3339, such as 2026-03-20T15:00:00+01:00.',
        },
        in_seconds: { type: 'number', maximum: 315_360_000, description: 'Or: after so many seconds.' },
        cron: {
          type: 'string',
          maximum: 128,
          description:
            'Or: on a schedule of minute, hour, day, month and day of the week, such as 0 9 * * 1-5.',
        },
      },
    },
    run: async ({ principal, arguments: args }) => {
      // The schema has been checked: no other members, and of these types.
      const reminder = await reminders.set(principal, args as unknown as ReminderRequest);
      if ('problem' in reminder) return failed(`The reminder was not set: ${reminder.problem}.`);
      return done(`Set. ${lineOf(reminder)}`);
    },
  },
  'reminder.list': {
    description: 'Lists the user’s reminders that have not come yet, each with its id.',
    schema: { required: [], fields: {} },
    run: async ({ principal }) => {
      const found = await reminders.list(principal);
      return done(found.length === 0 ? 'There are no reminders.' : found.map(lineOf).join('\n'));
    },
  },
  'reminder.cancel': {
    description: 'Cancels a reminder.',
    schema: {
      required: ['id'],
      fields: { id: { type: 'string', minimum: 1, maximum: 64, description: 'As reminder.list gives it.' } },
    },
    run: async ({ principal, arguments: { id } }) =>
      (await reminders.cancel(principal, String(id)))
        ? done('Cancelled.')
        : failed('There is no reminder of that id.'),
  },
});

const memorySkills = (memory: MemoryPort): SkillsOf<'memory'> => ({
  'memory.search': {
    description: 'Searches what was said in this conversation before.',
    schema: {
      required: ['query'],
      fields: {
        query: { type: 'string', minimum: 1, maximum: 1024, description: 'Words to look for.' },
        limit: {
          type: 'integer',
          minimum: 1,
          maximum: 50,
          description: `At most so many; ${DEFAULT_HITS} if left out.`,
        },
      },
    },
    run: async ({ principal, channelId, arguments: { query, limit } }) => {
      const ask = { query: String(query), limit: Number(limit ?? DEFAULT_HITS) };
      const hits = (await memory.search(principal, channelId, ask)) ?? [];
      const lines = hits.map(
        ({ createdAtMs, role, content }) => `${timestamp(createdAtMs)} ${role}: ${content}`,
      );
      return done(lines.length === 0 ? 'Nothing was found.' : lines.join('\n'));
    },
  },
});

const timeSkills = ({ wallMs, timezone }: BuiltInOptions): SkillsOf<'time'> => ({
  'time.now': {
    description: 'Tells the date, the day of the week and the time.',
    schema: {
      required: [],
      fields: {
        zone: {
          type: 'string',
          maximum: 64,
          description: 'A time zone such as Europe/Berlin; the gateway’s if left out.',
        },
      },
    },
    run: async ({ arguments: { zone = timezone() } }) => {
      const nowMs = wallMs();
      try {
        const format = new Intl.DateTimeFormat('en-GB', {
          dateStyle: 'full',
          timeStyle: 'long',
          ...(zone === '' ? {} : { timeZone: String(zone) }),
        });
        return done(`${format.format(nowMs)} (${timestamp(nowMs)})`);
      } catch {
        return failed('There is no time zone of that name.');
      }
    },
  },
});

export const openBuiltInSkills = (options: BuiltInOptions): SkillsPort => {
  const all: Readonly<Record<BuiltInSkill, Skill>> = {
    ...reminderSkills(options.reminders),
    ...memorySkills(options.memory),
    ...timeSkills(options),
  };
  const skills = new Map<string, Skill>(Object.entries(all));
  const listed = [...skills].map(([name, { description, schema }]) => {
    const [source = '', tool = ''] = name.split('.');
    return {
      name,
      toolName: toolNameOf(source, tool),
      server: null,
      tool: name,
      description,
      parameters: jsonSchemaOf(schema),
      state: 'ready' as const,
    };
  });
  let closed = false;
  return {
    list: () => listed,
    servers: () => [],
    async invoke(invocation, signal) {
      const skill = skills.get(invocation.skill);
      if (skill === undefined) return failed(`There is no skill ${invocation.skill}.`);
      const problem = flatProblem(skill.schema, invocation.arguments);
      if (problem !== null) return failed(problem);
      if (closed || signal.aborted) return failed('It was ended before it had a result.');
      try {
        const { ok, content } = await skill.run(invocation);
        return { ok, content: cutText(content, invocation.maxOutputBytes) };
      } catch {
        // The store has said what is wrong with it to the log.
        return failed('The gateway’s store does not work now.');
      }
    },
    approve: async () => 'no-server',
    async close() {
      closed = true;
    },
  };
};
