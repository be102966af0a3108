/**
 * One line of an export: a JSON object that says its `type`. The first line of an export is its
 * `export` line; a `channel` line comes before the `message` lines of that channel.
 */
import type { FinishReason } from '../../../schemas/define.js';
import type { Metadata } from './port.js';
import { Fields, LineError } from './transfer-fields.js';

/** Of the format; a change that older programs would misread is a new one. */
const EXPORT_VERSION = 1;
const FINISH_REASONS: readonly FinishReason[] = ['stop', 'length', 'cancelled', 'interrupted', 'error'];

export interface ChannelLine {
  readonly type: 'channel';
  readonly principal: string;
  readonly channelId: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly metadata: Metadata;
}

export interface MessageLine {
  readonly type: 'message';
  readonly principal: string;
  readonly channelId: string;
  readonly seq: number;
  readonly messageId: string;
  readonly role: 'user' | 'assistant';
  readonly createdAtMs: number;
  /** Of a message alone. */
  readonly clientId: string | null;
  /** Of a reply: the skills it has used. */
  readonly metadata: object | null;
  /** Of a reply alone, as is what follows; null: it has not ended. */
  readonly finishReason: FinishReason | null;
  readonly totalTokens: number;
  readonly durationMs: number;
  readonly usage: object | null;
  readonly error: object | null;
  readonly content: string;
}

export type TransferLine = { readonly type: 'export' } | ChannelLine | MessageLine;

/** The line that an export begins with. */
export const EXPORT_HEAD = JSON.stringify({ type: 'export', version: EXPORT_VERSION });

const timestamp = (ms: number): string => new Date(ms).toISOString();

export const encodeChannel = ({ principal, channelId, name, createdAtMs, metadata }: ChannelLine): string =>
  JSON.stringify({
    type: 'channel',
    principal,
    channel_id: channelId,
    name,
    created_at: timestamp(createdAtMs),
    metadata,
  });

export const encodeMessage = (message: MessageLine): string => {
  const { finishReason, totalTokens, durationMs, usage, error, clientId, metadata } = message;
  const ofReply = {
    ...(finishReason === null ? {} : { finish_reason: finishReason }),
    total_tokens: totalTokens,
    duration_ms: durationMs,
    ...(usage === null ? {} : { usage }),
    ...(error === null ? {} : { error }),
    ...(metadata === null ? {} : { metadata }),
  };
  const ofMessage = {
    ...(clientId === null ? {} : { client_id: clientId }),
    ...(metadata === null ? {} : { metadata }),
  };
  return JSON.stringify({
    type: 'message',
    principal: message.principal,
    channel: message.channelId,
    seq: message.seq,
    message_id: message.messageId,
    role: message.role,
    created_at: timestamp(message.createdAtMs),
    ...(message.role === 'user' ? ofMessage : ofReply),
    content: message.content,
  });
};

/** @throws LineError in a few words; they repeat nothing of the line but names of its members */
export const decodeLine = (text: string): TransferLine => {
  const fields = Fields.parse(text);
  const line = readLine(fields);
  fields.refuseOthers();
  return line;
};

const readLine = (fields: Fields): TransferLine => {
  const type = fields.oneOf('type', ['export', 'channel', 'message'] as const);
  if (type === 'export') {
    if (fields.count('version') !== EXPORT_VERSION) {
      throw new LineError(`version is not ${EXPORT_VERSION}: a newer program wrote this`);
    }
    return { type };
  }
  return type === 'channel' ? readChannel(fields) : readMessage(fields);
};

const readChannel = (fields: Fields): ChannelLine => ({
  type: 'channel',
  principal: fields.id('principal'),
  channelId: fields.id('channel_id'),
  name: fields.text('name', 128),
  createdAtMs: fields.time('created_at'),
  metadata: fields.metadata('metadata'),
});

const readMessage = (fields: Fields): MessageLine => {
  const role = fields.oneOf('role', ['user', 'assistant'] as const);
  const head = {
    type: 'message',
    principal: fields.id('principal'),
    channelId: fields.id('channel'),
    seq: fields.seq('seq'),
    messageId: fields.id('message_id'),
    role,
    createdAtMs: fields.time('created_at'),
    content: fields.text('content'),
  } as const;
  if (role === 'user') {
    return {
      ...head,
      clientId: fields.optional('client_id', (name) => fields.id(name, 128)),
      metadata: fields.optional('metadata', (name) => fields.metadata(name)),
      finishReason: null,
      totalTokens: 0,
      durationMs: 0,
      usage: null,
      error: null,
    };
  }
  return {
    ...head,
    clientId: null,
    metadata: fields.optional('metadata', (name) => readUses(fields, name)),
    finishReason: fields.optional('finish_reason', (name) => fields.oneOf(name, FINISH_REASONS)),
    totalTokens: fields.count('total_tokens'),
    durationMs: fields.count('duration_ms'),
    usage: fields.optional('usage', (name) => readUsage(fields.nested(name))),
    error: fields.optional('error', (name) => readError(fields.nested(name))),
  };
};

/** What history hands out again, so every part of it is looked at. */
const readUses = (fields: Fields, name: string): object => {
  // Its limits are those of all metadata.
  const metadata = fields.metadata(name);
  const nested = fields.nested(name);
  for (const use of nested.list('skills')) {
    use.id('invocation_id');
    use.text('skill');
    use.optional('arguments', (each) => use.nested(each));
    use.flag('ok');
    use.text('content');
    use.refuseOthers();
  }
  nested.refuseOthers();
  return metadata;
};

const readUsage = (fields: Fields): object => {
  const estimated = fields.optional('estimated', (name) => fields.flag(name));
  const usage = {
    input: fields.count('input'),
    output: fields.count('output'),
    ...(estimated === null ? {} : { estimated }),
  };
  fields.refuseOthers();
  return usage;
};

const readError = (fields: Fields): object => {
  const data = fields.optional('data', (name) => {
    const nested = fields.nested(name);
    const read = { provider: nested.text('provider', 128), retryable: nested.flag('retryable') };
    nested.refuseOthers();
    return read;
  });
  const error = {
    code: fields.integer('code'),
    message: fields.text('message', 1024),
    ...(data === null ? {} : { data }),
  };
  fields.refuseOthers();
  return error;
};
