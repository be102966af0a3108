/** Frames as a trace shows them: which message it is, and what of it stands in a line. */
import { PROTOCOL } from '../../../schemas/codes.js';
import { masked } from './mask.js';

/** Nothing to show, or nothing known. */
export const UNKNOWN = '-';

/** One message of a frame, which is one or a batch. */
export interface Member {
  /** As JSON.parse gives it; undefined where the frame is no JSON. */
  readonly value: unknown;
  readonly text: string;
}

type Members = Readonly<Record<string, unknown>>;

/** What a notification's line says besides its name. */
export interface Described {
  readonly method: string;
  readonly channel: string;
  /** Of the message that it comes of. */
  readonly messageId: string | null;
  readonly chunk?: number;
  readonly span?: number;
  readonly chunk_bytes?: number;
  readonly tokens?: number;
  readonly duration_ms?: number;
  readonly finish_reason?: string;
  readonly error?: number;
}

export const membersOf = (text: string): readonly Member[] => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ value: undefined, text }];
  }
  if (!Array.isArray(value) || value.length === 0 || value.length > PROTOCOL.maxBatchSize) {
    return [{ value, text }];
  }
  return value.map((member) => ({ value: member, text: JSON.stringify(member) }));
};

export const isRecord = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;

/** The code of a JSON-RPC error object; undefined where there is none. */
export const errorCode = (error: unknown): number | undefined =>
  isRecord(error) && typeof error.code === 'number' ? error.code : undefined;

/** A client's own word (a method, an id), short enough for a line and without secrets; the line escapes it. */
export const shown = (word: unknown): string => {
  if (typeof word === 'number') return String(word);
  if (typeof word !== 'string') return UNKNOWN;
  const text = masked(word.slice(0, PROTOCOL.maxIdLength)).toWellFormed();
  return word.length > PROTOCOL.maxIdLength ? `${text}…` : text;
};

/** The channel that params or a result name; `otherwise` where they name none. */
export const channelIn = (members: unknown, otherwise: string): string => {
  if (!isRecord(members)) return otherwise;
  const id = members.channel ?? members.channel_id;
  return typeof id === 'string' ? shown(id) : otherwise;
};

/** A notification of the gateway. */
export const describeNotification = (method: string, params: unknown): Described => {
  const fields = isRecord(params) ? params : {};
  const messageId = typeof fields.message_id === 'string' ? fields.message_id : null;
  const head = { method, channel: channelIn(fields, UNKNOWN), messageId };
  const error = errorCode(fields.error);
  const failed = error === undefined ? {} : { error };
  switch (method) {
    case 'chat.stream': {
      const span = numberOr(fields.span, 1);
      return {
        ...head,
        chunk: numberOr(fields.index, 0),
        ...(span === 1 ? {} : { span }),
        chunk_bytes: Buffer.byteLength(String(fields.chunk)),
      };
    }
    case 'chat.complete':
      return {
        ...head,
        tokens: numberOr(fields.total_tokens, 0),
        duration_ms: numberOr(fields.duration_ms, 0),
        finish_reason: String(fields.finish_reason),
        ...failed,
      };
    default:
      return { ...head, ...failed };
  }
};
