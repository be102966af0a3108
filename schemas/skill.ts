/** `skill.*`: tools that run on behalf of a reply (protocol section 4). */
import { Type } from 'typebox';
import { Count, closed, Id, method, notification } from './define.js';

const head = { target: 'SkillsManager', scope: 'skills' } as const;
const operator = { target: 'SkillsManager', scope: 'admin' } as const;

const SkillState = Type.Enum(['ready', 'starting', 'failed', 'changed'], {
  description:
    '`ready`; or why it cannot be called now: its server is starting, has failed and is started again, or offers other tools than were approved.',
});
const ServerName = Type.String({ pattern: '^[a-z0-9_-]{1,24}$' });
const SkillName = Type.String({ minLength: 1, maxLength: 160 });
const ToolHash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Of all tools a server offers.' });
const SkillError = Type.Object({ code: Type.Integer(), message: Type.String() });

export const skill = {
  'skill.list': method(
    { ...head, summary: 'List the Skills this connection may use' },
    closed({}),
    Type.Object({
      skills: Type.Array(
        Type.Object({
          name: Type.String(),
          description: Type.String(),
          source: Type.String({ description: 'The MCP server it belongs to, or `built-in`.' }),
          parameters: Type.Unknown({ description: 'JSON Schema of its arguments.' }),
          state: SkillState,
        }),
      ),
    }),
  ),
  'skill.servers': method(
    { ...operator, summary: 'List the MCP servers, and what is wrong with them' },
    closed({}),
    Type.Object({
      servers: Type.Array(
        Type.Object({
          name: Type.String(),
          state: SkillState,
          reason: Type.Union([Type.String(), Type.Null()]),
          skills: Count,
          hash: Type.Union([ToolHash, Type.Null()]),
          added: Type.Array(Type.String()),
          changed: Type.Array(Type.String()),
          removed: Type.Array(Type.String()),
        }),
      ),
    }),
  ),
  'skill.approve': method(
    { ...operator, summary: 'Let an MCP server’s tools be used as they are now' },
    closed({ server: ServerName, hash: ToolHash }),
    Type.Object({ approved: Type.Literal(true) }),
  ),
  'skill.call': method(
    { ...operator, summary: 'Run a Skill', once: true },
    closed({
      skill: SkillName,
      arguments: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      channel: Type.Optional(Id),
      background: Type.Optional(
        Type.Boolean({
          default: false,
          description: 'Whether to answer at once and end with a notification of type `skill`.',
        }),
      ),
    }),
    Type.Object({
      invocation_id: Id,
      ok: Type.Boolean(),
      background: Type.Boolean({ description: 'Whether it is still running.' }),
      result: Type.Optional(Type.String()),
      error: Type.Optional(SkillError),
      duration_ms: Count,
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
      error: Type.Optional(SkillError),
      duration_ms: Count,
      channel: Id,
      message_id: Id,
    }),
  ),
};
