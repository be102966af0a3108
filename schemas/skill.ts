/** `skill.*`: tools that run on behalf of a reply (protocol section 4). */
import { Type } from 'typebox';
import { Count, closed, Id, method, notification } from './define.js';

const head = { target: 'SkillsManager', scope: 'skills' } as const;

export const skill = {
  'skill.list': method(
    { ...head, summary: 'List the Skills this connection may use' },
    closed({}),
    Type.Object({
      skills: Type.Array(
        Type.Object({
          name: Type.String(),
          description: Type.String(),
          source: Type.String(),
          parameters: Type.Unknown(),
          state: Type.String(),
        }),
      ),
    }),
  ),
  'skill.invoke': notification(
    { ...head, summary: 'Notify client that a Skill is being executed' },
    Type.Object({
      invocation_id: Id,
      skill: Type.String(),
      arguments: Type.Unknown(),
      channel: Id,
      message_id: Id,
    }),
  ),
  'skill.result': notification(
    { ...head, summary: 'Skill execution result' },
    Type.Object({
      invocation_id: Id,
      skill: Type.String(),
      ok: Type.Boolean(),
      result: Type.Optional(Type.Unknown()),
      error: Type.Optional(Type.Object({ code: Type.Integer(), message: Type.String() })),
      duration_ms: Count,
      channel: Id,
      message_id: Id,
    }),
  ),
};
