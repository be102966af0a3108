/** What is said in a channel, as turns: a message and its reply. Pure: what happens goes in, the next state comes out. */
import type { ChatCompleteEvent, ChatHistoryResult, ServerEvents } from '../../client/index.js';
import { LiveText } from './live-text.js';

type HistoryMessage = ChatHistoryResult['messages'][number];
export type FinishReason = ChatCompleteEvent['finish_reason'];

/** A skill that a reply has used, or uses now. */
export interface SkillRun {
  readonly id: string;
  readonly skill: string;
  readonly arguments?: unknown;
  /** undefined: it runs. */
  readonly ok?: boolean;
  readonly result?: string;
  readonly durationMs?: number;
}

export interface Reply {
  readonly text: LiveText;
  /** `waiting`: for its turn, or its first word. */
  readonly state: 'waiting' | 'streaming' | 'done';
  readonly skills: readonly SkillRun[];
  readonly finishReason?: FinishReason;
  /** A sentence, where it failed. */
  readonly error?: string;
  readonly tokens?: number;
  readonly durationMs?: number;
}

export interface Turn {
  /** Never changes, so that what is on the screen stays the same element. */
  readonly key: string;
  /** '' until the gateway has stored the message. */
  readonly messageId: string;
  /** Infinity until then. */
  readonly seq: number;
  /** '' where only the reply is known yet. */
  readonly message: string;
  /** RFC 3339. */
  readonly at?: string;
  /** Of another connection of ours. */
  readonly clientId?: string;
  /** Why the gateway did not take the message. */
  readonly refused?: string;
  readonly reply: Reply | null;
}

export interface Conversation {
  readonly turns: readonly Turn[];
  /** Whether its history has been read, at least the newest of it. */
  readonly state: 'new' | 'loading' | 'loaded';
  readonly hasMore: boolean;
}

export const EMPTY: Conversation = { turns: [], state: 'new', hasMore: false };

const WAITING = (): Reply => ({ text: new LiveText(), state: 'waiting', skills: [] });

export const isRunning = (reply: Reply | null): boolean => reply !== null && reply.state !== 'done';

/** The replies that somebody could stop, oldest first. */
export const running = ({ turns }: Conversation): Turn[] => turns.filter(({ reply }) => isRunning(reply));

const inOrder = (turns: Turn[]): Turn[] => turns.sort((a, b) => (a.seq === b.seq ? 0 : a.seq - b.seq));

/** 0 where nothing is known to be stored. */
const newestSeq = (turns: readonly Turn[]): number =>
  turns.reduce((newest, { seq }) => (Number.isFinite(seq) && seq > newest ? seq : newest), 0);

const mapTurn = (
  conversation: Conversation,
  messageId: string,
  change: (turn: Turn) => Turn,
): Conversation => ({
  ...conversation,
  turns: conversation.turns.map((turn) => (turn.messageId === messageId ? change(turn) : turn)),
});

const blank = (messageId: string): Turn => ({
  key: messageId,
  messageId,
  seq: Number.POSITIVE_INFINITY,
  message: '',
  reply: null,
});

/** The conversation with a turn of that id in it. */
const withTurn = (conversation: Conversation, messageId: string): Conversation =>
  conversation.turns.some((turn) => turn.messageId === messageId)
    ? conversation
    : { ...conversation, turns: [...conversation.turns, blank(messageId)] };

/** Somebody has pressed send. */
export const sent = (conversation: Conversation, key: string, message: string, at: string): Conversation => ({
  ...conversation,
  turns: [
    ...conversation.turns,
    { key, messageId: '', seq: Number.POSITIVE_INFINITY, message, at, reply: WAITING() },
  ],
});

/** The gateway has stored the message. What came of its reply before that stands in a turn of its own, which goes. */
export const stored = (conversation: Conversation, key: string, messageId: string): Conversation => {
  const early = conversation.turns.find((turn) => turn.messageId === messageId && turn.key !== key);
  // Which it is, history tells. It is behind all that is known to be stored, and before what will be.
  const seq = newestSeq(conversation.turns) + 0.5;
  const turns = conversation.turns
    .filter((turn) => turn !== early)
    .map((turn) => {
      if (turn.key !== key) return turn;
      const knownSeq = early !== undefined && Number.isFinite(early.seq) ? early.seq : seq;
      return { ...turn, messageId, seq: knownSeq, reply: early?.reply ?? turn.reply };
    });
  return { ...conversation, turns: inOrder(turns) };
};

/** The gateway did not take the message, or the connection ended before it did. */
export const refused = (conversation: Conversation, key: string, sentence: string): Conversation => ({
  ...conversation,
  turns: conversation.turns.map((turn) =>
    turn.key === key ? { ...turn, refused: sentence, reply: null } : turn,
  ),
});

/** Somebody takes back a message that was refused. */
export const removed = (conversation: Conversation, key: string): Conversation => ({
  ...conversation,
  turns: conversation.turns.filter((turn) => turn.key !== key),
});

/** Another connection of ours has sent a message. */
export const heard = (conversation: Conversation, event: ServerEvents['chat.message']): Conversation => {
  const { message_id, seq, message, client_id } = event;
  const next = mapTurn(withTurn(conversation, message_id), message_id, (turn) => ({
    ...turn,
    seq,
    message,
    clientId: client_id,
    reply: turn.reply ?? WAITING(),
  }));
  return { ...next, turns: inOrder([...next.turns]) };
};

/** A reply whose beginning was missed is read from its start. */
export const awaited = (conversation: Conversation, messageId: string): Conversation =>
  mapTurn(withTurn(conversation, messageId), messageId, (turn) => ({
    ...turn,
    reply: isRunning(turn.reply) ? turn.reply : WAITING(),
  }));

/**
 * The first words are there; those that follow go into the text by themselves. A reply that has ended already, as history told, stays
 * as it is.
 */
export const streaming = (conversation: Conversation, messageId: string): Conversation =>
  mapTurn(withTurn(conversation, messageId), messageId, (turn) =>
    turn.reply?.state === 'done'
      ? turn
      : { ...turn, reply: { ...(turn.reply ?? WAITING()), state: 'streaming' } },
  );

/** The text of a reply that runs; null where none does. */
export const liveText = ({ turns }: Conversation, messageId: string): LiveText | null => {
  const reply = turns.find((turn) => turn.messageId === messageId)?.reply ?? null;
  return reply !== null && isRunning(reply) ? reply.text : null;
};

const withSkill = (reply: Reply, run: SkillRun): Reply => ({
  ...reply,
  skills: reply.skills.some(({ id }) => id === run.id)
    ? reply.skills.map((each) => (each.id === run.id ? { ...each, ...run } : each))
    : [...reply.skills, run],
});

const ofSkill = (conversation: Conversation, messageId: string, run: SkillRun): Conversation =>
  mapTurn(conversation, messageId, (turn) => ({
    ...turn,
    reply: turn.reply && withSkill(turn.reply, run),
  }));

export const skillInvoked = (
  conversation: Conversation,
  event: ServerEvents['skill.invoke'],
): Conversation => {
  const { invocation_id: id, skill, message_id } = event;
  return ofSkill(conversation, message_id, { id, skill, arguments: event.arguments });
};

export const skillEnded = (conversation: Conversation, event: ServerEvents['skill.result']): Conversation => {
  const { invocation_id: id, skill, ok, result, error, duration_ms, message_id } = event;
  const said = ok ? result : error?.message;
  const text = said === undefined ? '' : typeof said === 'string' ? said : JSON.stringify(said, null, 2);
  return ofSkill(conversation, message_id, { id, skill, ok, result: text, durationMs: duration_ms });
};

export const completed = (conversation: Conversation, event: ServerEvents['chat.complete']): Conversation =>
  mapTurn(withTurn(conversation, event.message_id), event.message_id, (turn) => ({
    ...turn,
    reply: {
      ...(turn.reply ?? WAITING()),
      state: 'done',
      finishReason: event.finish_reason,
      tokens: event.total_tokens,
      durationMs: event.duration_ms,
      ...(event.error === undefined ? {} : { error: event.error.message }),
    },
  }));

const replyFrom = (row: HistoryMessage): Reply => ({
  text: new LiveText(row.content),
  state: 'done',
  skills: (row.skills ?? []).map(({ invocation_id: id, skill, ok, content: result, ...rest }) => ({
    id,
    skill,
    ok,
    result,
    ...('arguments' in rest ? { arguments: rest.arguments } : {}),
  })),
  ...(row.finish_reason === undefined ? {} : { finishReason: row.finish_reason }),
});

/**
 * A reply as history tells it, beside what is held of it. One that runs is told by its stream. One that has ended while nobody told us
 * is taken from here; where its beginning is on the screen already, the rest is appended.
 */
const merged = (held: Reply | null, row: HistoryMessage): Reply | null => {
  if (row.finish_reason === undefined) return held;
  if (held === null || !row.content.startsWith(held.text.text)) return replyFrom(row);
  if (held.state === 'done' && held.text.text === row.content) return held;
  held.text.append(row.content.slice(held.text.text.length));
  held.text.end();
  const { skills } = replyFrom(row);
  return { ...held, skills, state: 'done', finishReason: row.finish_reason };
};

/** What is held where nothing connects it with the newest page: it would hide what is missing between. */
const unconnected = ({ turns }: Conversation, { messages, has_more }: ChatHistoryResult): readonly Turn[] => {
  const firstSeq = messages[0]?.seq;
  const ids = new Set(messages.map(({ message_id }) => message_id));
  if (!has_more || firstSeq === undefined || turns.some(({ messageId }) => ids.has(messageId))) return [];
  return turns.filter(({ seq, reply }) => seq < firstSeq && !isRunning(reply));
};

/** A page of history: the newest, or the one before the oldest that is held. */
export const loaded = (
  conversation: Conversation,
  page: ChatHistoryResult,
  which: 'newest' | 'older',
): Conversation => {
  const gone = which === 'newest' ? unconnected(conversation, page) : [];
  const kept = conversation.turns.filter((turn) => !gone.includes(turn));
  const known = new Map(kept.map((turn) => [turn.messageId || turn.key, turn]));
  for (const row of page.messages) {
    const turn = known.get(row.message_id) ?? blank(row.message_id);
    known.set(
      row.message_id,
      row.role === 'user'
        ? { ...turn, seq: row.seq, message: row.content, at: row.created_at }
        : {
            ...turn,
            seq: Number.isFinite(turn.seq) ? turn.seq : row.seq - 1,
            reply: merged(turn.reply, row),
          },
    );
  }
  const turns = inOrder([...known.values()]);
  const firstSeq = page.messages[0]?.seq ?? Number.NEGATIVE_INFINITY;
  const isOldest = which === 'older' || !kept.some(({ seq }) => seq < firstSeq - 1);
  return { turns, state: 'loaded', hasMore: isOldest ? page.has_more : conversation.hasMore };
};

/** For `before` of the next page; undefined where nothing is held. */
export const oldestSeq = ({ turns }: Conversation): number | undefined => {
  const oldest = turns.find(({ seq }) => Number.isFinite(seq));
  return oldest === undefined ? undefined : Math.ceil(oldest.seq);
};
