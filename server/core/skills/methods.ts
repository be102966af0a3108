/** `skill.*`: the Skills Manager's methods (protocol section 4). */
import { fail } from '../rpc/failure.js';
import type { Handlers } from '../rpc/router.js';
import type { Clock } from '../time/clock.js';
import { checkArguments } from './arguments.js';
import type { Catalogue } from './catalogue.js';
import { type SkillRuns, skillError } from './skill-runs.js';

export interface SkillMethodsOptions {
  readonly catalogue: Catalogue;
  readonly skillRuns: SkillRuns;
  readonly clock: Clock;
  /** True once no new work is taken. */
  readonly draining: () => boolean;
}

export const skillMethods = (
  options: SkillMethodsOptions,
): Pick<Handlers, Extract<keyof Handlers, `skill.${string}`>> => {
  const { catalogue, skillRuns, clock, draining } = options;
  return {
    'skill.list': (session) => ({
      skills: catalogue
        .list(session.principal.name)
        .map(({ name, description, server, parameters, state }) => ({
          name,
          description,
          source: server ?? 'built-in',
          parameters,
          state,
        })),
    }),

    'skill.servers': () => ({
      servers: catalogue.servers().map((server) => ({
        ...server,
        added: [...server.added],
        changed: [...server.changed],
        removed: [...server.removed],
      })),
    }),

    'skill.approve': async (_session, { server, hash }) => {
      switch (await catalogue.approve(server, hash)) {
        case 'approved':
          return { approved: true };
        case 'other-hash':
          return fail('invalidRequest', {
            reason: `the server ${server} offers something else by now: look at it again, and approve that`,
          });
        case 'not-stored':
          return fail('invalidRequest', {
            reason: 'the approval cannot be written to skills.json: look at the disk, and try again',
          });
        case 'no-server':
          return fail('skillNotFound');
      }
    },

    'skill.call': async (
      session,
      { skill: name, arguments: args = {}, channel: channelId, background = false },
      span,
    ) => {
      if (draining()) return fail('shuttingDown');
      const channel = channelId === undefined ? session.current : session.principal.channels.get(channelId);
      if (channel === undefined) return fail('channelNotFound');
      const skill = catalogue.find(session.principal.name, name);
      if (skill === null) return fail('skillNotFound');
      const read = checkArguments(args);
      if (!read.ok) return fail('invalidParams', { errors: [{ path: '/arguments', message: read.problem }] });
      const startedAtMs = clock.nowMs();
      const { clientId } = session;
      const request = { skill, arguments: read.arguments, channel, clientId, background, span };
      const { invocationId, outcome } = skillRuns.start({ ...request, reply: null, signal: null });
      const { ok, content } = await outcome;
      return {
        invocation_id: invocationId,
        ok,
        background,
        ...(ok ? { result: content } : { error: skillError(content) }),
        duration_ms: Math.round(clock.nowMs() - startedAtMs),
      };
    },
  };
};
