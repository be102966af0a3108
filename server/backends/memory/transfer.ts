/** Export and import: channels and messages as lines, from one database into another. */
import type { Database, Statement } from 'better-sqlite3';
import type { Channels } from './channels.js';
import type { ExportAsk, ExportPage, ImportedChannel, ImportOutcome, Metadata } from './port.js';
import { LineError } from './transfer-fields.js';
import {
  type ChannelLine,
  decodeLine,
  EXPORT_HEAD,
  encodeChannel,
  encodeMessage,
  type MessageLine,
} from './transfer-lines.js';

interface ChannelRow extends Omit<ChannelLine, 'type' | 'metadata'> {
  readonly id: number;
  /** JSON. */
  readonly metadata: string;
}

type OfChannel = 'type' | 'principal' | 'channelId';
interface MessageRow extends Omit<MessageLine, OfChannel | 'metadata' | 'usage' | 'error'> {
  /** JSON, like `usage` and `error`. */
  readonly metadata: string | null;
  readonly usage: string | null;
  readonly error: string | null;
}

interface NextChannel extends Pick<ExportAsk, 'principal' | 'channel'> {
  readonly from: number;
}

/** A place in an export: behind the message `seq` of a channel; 0: behind the channel's own line. */
interface Place {
  readonly id: number;
  readonly seq: number;
  /** The number of a channel that was erased may come to be another one's. */
  readonly channelId: string;
}

const parse = (json: string | null): object | null => (json === null ? null : (JSON.parse(json) as object));
const json = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));

/** Channels count from 1. */
const BEGINNING: Place = { id: 0, seq: 0, channelId: '-' };

const encodePlace = ({ id, seq, channelId }: Place): string => `${id}.${seq}.${channelId}`;

const decodePlace = (cursor: string): Place | null => {
  const [, id, seq, channelId] = /^(\d{1,15})\.(\d{1,15})\.([A-Za-z0-9._:-]{1,64})$/.exec(cursor) ?? [];
  return channelId === undefined ? null : { id: Number(id), seq: Number(seq), channelId };
};

const messageLine = ({ principal, channelId }: ChannelRow, row: MessageRow): string => {
  const { metadata, usage, error } = row;
  const parsed = { metadata: parse(metadata), usage: parse(usage), error: parse(error) };
  return encodeMessage({ ...row, ...parsed, type: 'message', principal, channelId });
};

/** The port's `exportLines` and `importLines`, as it describes them, run at once on an open database. */
export class Transfer {
  readonly #channels: Channels;
  readonly #nextChannel: Statement<[NextChannel], ChannelRow>;
  readonly #nextOfPrincipal: Statement<[NextChannel], ChannelRow>;
  readonly #messages: Statement<[channel: number, after: number], MessageRow>;
  readonly #count: Statement<[principal: string], { channels: number }>;
  readonly #insertChannel: Statement<[ImportedChannel & { json: string }]>;
  readonly #at: Statement<[channel: number, seq: number], Pick<MessageRow, 'messageId' | 'role'>>;
  readonly #replyOf: Statement<[messageId: string, principal: string], { channel: number; seq: number }>;
  readonly #insertMessage: Statement<[MessageRow & { channel: number }]>;

  constructor(db: Database, channels: Channels) {
    this.#channels = channels;
    const nextChannel = (ofPrincipal: string, id: string) =>
      `SELECT id, principal, channel_id AS channelId, name, created_at_ms AS createdAtMs, metadata
       FROM channels WHERE ${ofPrincipal} AND ${id} >= @from
         AND (@channel IS NULL OR channel_id = @channel)
       ORDER BY ${id} LIMIT 1`;
    this.#nextChannel = db.prepare(nextChannel('principal IS NOT NULL', 'id'));
    // The plus keeps SQLite from walking through everybody's channels in the order of their numbers.
    this.#nextOfPrincipal = db.prepare(nextChannel('principal = @principal', '+id'));
    this.#messages = db.prepare(
      `SELECT seq, message_id AS messageId, role, created_at_ms AS createdAtMs, client_id AS clientId,
         metadata, finish_reason AS finishReason, total_tokens AS totalTokens, duration_ms AS durationMs,
         usage, error, content
       FROM messages WHERE channel = ? AND seq > ? ORDER BY seq`,
    );
    this.#count = db.prepare('SELECT count(*) AS channels FROM channels WHERE principal = ?');
    this.#insertChannel = db.prepare(
      `INSERT INTO channels (principal, channel_id, name, metadata, created_at_ms)
       VALUES (@principal, @channelId, @name, @json, @createdAtMs)`,
    );
    this.#at = db.prepare('SELECT message_id AS messageId, role FROM messages WHERE channel = ? AND seq = ?');
    this.#replyOf = db.prepare(
      `SELECT channel, seq FROM messages JOIN channels ON channels.id = messages.channel
       WHERE message_id = ? AND role = 'assistant' AND principal = ?`,
    );
    this.#insertMessage = db.prepare(
      `INSERT INTO messages (channel, seq, message_id, role, client_id, created_at_ms, finish_reason,
         total_tokens, duration_ms, usage, error, metadata, content)
       VALUES (@channel, @seq, @messageId, @role, @clientId, @createdAtMs, @finishReason,
         @totalTokens, @durationMs, @usage, @error, @metadata, @content)`,
    );
  }

  export(ask: ExportAsk): ExportPage | 'invalid-cursor' {
    const page = new Page(ask);
    let place = ask.after === null ? BEGINNING : decodePlace(ask.after);
    if (place === null) return 'invalid-cursor';
    if (ask.after === null) page.add(EXPORT_HEAD);
    const { principal, channel } = ask;
    const next = principal === null ? this.#nextChannel : this.#nextOfPrincipal;
    for (let from = place.id; ; ) {
      const found = next.get({ from, principal, channel });
      if (found === undefined) return { lines: page.lines, next: null };
      const { id, channelId, metadata } = found;
      if (place.id !== id || place.channelId !== channelId) {
        const line = encodeChannel({ ...found, type: 'channel', metadata: JSON.parse(metadata) as Metadata });
        if (!page.add(line)) return { lines: page.lines, next: encodePlace(place) };
        place = { id, seq: 0, channelId };
      }
      for (const row of this.#messages.iterate(id, place.seq)) {
        if (!page.add(messageLine(found, row))) return { lines: page.lines, next: encodePlace(place) };
        place = { id, seq: row.seq, channelId };
      }
      from = id + 1;
    }
  }

  import(lines: readonly string[], maxChannels: number): ImportOutcome {
    const channels: ImportedChannel[] = [];
    const errors: { line: number; message: string }[] = [];
    let imported = 0;
    let skipped = 0;
    for (const [at, text] of lines.entries()) {
      try {
        const line = decodeLine(text);
        if (line.type === 'export') continue;
        const stored = line.type === 'channel' ? this.#addChannel(line, maxChannels) : this.#addMessage(line);
        if (!stored) skipped += 1;
        else {
          imported += 1;
          if (line.type === 'channel') channels.push(line);
        }
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        errors.push({ line: at + 1, message: error.message });
      }
    }
    return { imported, skipped, errors, channels };
  }

  /** False: it is there. @throws LineError */
  #addChannel(line: ChannelLine, maxChannels: number): boolean {
    const { principal, channelId } = line;
    if (this.#channels.key(principal, channelId) !== undefined) return false;
    if ((this.#count.get(principal)?.channels ?? 0) >= maxChannels) {
      throw new LineError(`its principal has ${maxChannels} channels already, which is the limit`);
    }
    this.#insertChannel.run({ ...line, json: JSON.stringify(line.metadata) });
    return true;
  }

  /** False: it is there. @throws LineError */
  #addMessage(line: MessageLine): boolean {
    const { principal, channelId, seq, messageId, role } = line;
    const channel = this.#channels.key(principal, channelId);
    if (channel === undefined) {
      throw new LineError('its channel is not there: the line of type channel comes first');
    }
    const there = this.#at.get(channel, seq);
    if (there !== undefined) {
      if (there.messageId === messageId && there.role === role) return false;
      throw new LineError(`its channel has another message of seq ${seq}: import it where there is none`);
    }
    // Each message has a reply of its id, one seq behind it.
    const reply = this.#replyOf.get(messageId, principal);
    const replySeq = role === 'user' ? seq + 1 : seq;
    if (reply !== undefined && (reply.channel !== channel || reply.seq !== replySeq)) {
      throw new LineError('its message_id is known at another place');
    }
    this.#insertMessage.run({
      ...line,
      channel,
      // Nothing runs it here.
      finishReason: role === 'assistant' ? (line.finishReason ?? 'interrupted') : null,
      metadata: json(line.metadata),
      usage: json(line.usage),
      error: json(line.error),
    });
    return true;
  }
}

/** The lines of one page, within its limits. */
class Page {
  readonly lines: string[] = [];
  readonly #limit: number;
  #leftBytes: number;

  constructor({ limit, maxBytes }: ExportAsk) {
    this.#limit = limit;
    this.#leftBytes = maxBytes;
  }

  /** False: it does not fit. The first line always does. */
  add(line: string): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(line)) + 1;
    if (this.lines.length > 0 && (this.lines.length >= this.#limit || bytes > this.#leftBytes)) return false;
    this.lines.push(line);
    this.#leftBytes -= bytes;
    return true;
  }
}
