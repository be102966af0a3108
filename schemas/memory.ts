/** `memory.*`: what a channel remembers (protocol section 4). */
import { Type } from 'typebox';
import { Count, closed, Id, internal, method, Timestamp } from './define.js';

const head = { target: 'MemorySystem', scope: 'memory' } as const;

export const MemoryHit = Type.Object({
  message_id: Id,
  channel: Id,
  role: Type.Enum(['user', 'assistant']),
  content: Type.String(),
  score: Type.Number({ description: 'Higher is better; comparable within one answer only.' }),
  created_at: Timestamp,
});

export const memory = {
  'memory.search': method(
    { ...head, summary: 'Search one Channel’s messages' },
    closed({
      query: Type.String({ minLength: 1, maxLength: 1024 }),
      channel: Type.Optional(Id),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    }),
    Type.Object({ results: Type.Array(MemoryHit) }),
  ),
  'memory.recall': internal(
    { ...head, summary: 'Recall relevant memories' },
    closed({ channel: Id, query: Type.String(), tokens: Count }),
    Type.Object({
      messages: Type.Array(
        Type.Object({ seq: Count, role: Type.Enum(['user', 'assistant']), content: Type.String() }),
      ),
    }),
  ),
};
