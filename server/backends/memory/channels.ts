/** The principals' channels. */
import type { Database, Statement } from 'better-sqlite3';
import type { ChannelRecord, ChannelSummary, Metadata } from './port.js';

/** Every principal has this channel, and nobody can delete it (protocol section 4, `channel.delete`). */
const DEFAULT_CHANNEL = 'default';

interface ChannelRow {
  readonly id: number;
  readonly channelId: string;
  readonly name: string;
  /** JSON. */
  readonly metadata: string;
  readonly createdAtMs: number;
}

interface SummaryRow extends ChannelRow {
  readonly messageCount: number;
  readonly lastActivityAtMs: number;
}

const COLUMNS = 'id, channel_id AS channelId, name, metadata, created_at_ms AS createdAtMs';

const record = (row: ChannelRow): ChannelRecord => ({
  channelId: row.channelId,
  name: row.name,
  metadata: JSON.parse(row.metadata) as Metadata,
  createdAtMs: row.createdAtMs,
});

/** The port's calls on channels, as it describes them, run at once on an open database. */
export class Channels {
  readonly #find: Statement<[principal: string, channelId: string], ChannelRow>;
  readonly #ids: Statement<[principal: string], { channelId: string; name: string }>;
  readonly #summaries: Statement<[principal: string], SummaryRow>;
  readonly #count: Statement<[principal: string], { channels: number }>;
  readonly #insertDefault: Statement<[principal: string, createdAtMs: number]>;
  readonly #insert: Statement<
    [principal: string, channelId: string, name: string, metadata: string, createdAtMs: number]
  >;
  readonly #update: Statement<[name: string, metadata: string, id: number]>;
  readonly #delete: Statement<[id: number]>;

  constructor(db: Database) {
    this.#find = db.prepare(`SELECT ${COLUMNS} FROM channels WHERE principal = ? AND channel_id = ?`);
    this.#ids = db.prepare(
      'SELECT channel_id AS channelId, name FROM channels WHERE principal = ? ORDER BY id',
    );
    // Seqs have no gaps, so the oldest and the newest one give the number of messages: no counting.
    this.#summaries = db.prepare(
      `SELECT channels.id, channel_id AS channelId, name, channels.metadata,
         channels.created_at_ms AS createdAtMs,
         coalesce(newest.seq + 1 - (SELECT min(seq) FROM messages WHERE channel = channels.id), 0) AS messageCount,
         coalesce(newest.created_at_ms, channels.created_at_ms) AS lastActivityAtMs
       FROM channels LEFT JOIN messages AS newest ON newest.channel = channels.id
         AND newest.seq = (SELECT max(seq) FROM messages WHERE channel = channels.id)
       WHERE principal = ? ORDER BY channels.id`,
    );
    this.#count = db.prepare('SELECT count(*) AS channels FROM channels WHERE principal = ?');
    this.#insertDefault = db.prepare(
      `INSERT INTO channels (principal, channel_id, name, metadata, created_at_ms)
       VALUES (?, '${DEFAULT_CHANNEL}', '${DEFAULT_CHANNEL}', '{}', ?) ON CONFLICT DO NOTHING`,
    );
    this.#insert = db.prepare(
      'INSERT INTO channels (principal, channel_id, name, metadata, created_at_ms) VALUES (?, ?, ?, ?, ?)',
    );
    this.#update = db.prepare('UPDATE channels SET name = ?, metadata = ? WHERE id = ?');
    this.#delete = db.prepare(
      "UPDATE channels SET principal = NULL, name = '', metadata = '{}' WHERE id = ?",
    );
  }

  /** The number that stands for a channel inside the database; undefined: no such channel. */
  key(principal: string, channelId: string): number | undefined {
    return this.#find.get(principal, channelId)?.id;
  }

  open(principal: string): readonly { channelId: string; name: string }[] {
    this.#ensureDefault(principal);
    return this.#ids.all(principal);
  }

  create(principal: string, channel: ChannelRecord, maxChannels: number): 'created' | 'limit-reached' {
    this.#ensureDefault(principal);
    if ((this.#count.get(principal)?.channels ?? 0) >= maxChannels) return 'limit-reached';
    const { channelId, name, metadata, createdAtMs } = channel;
    this.#insert.run(principal, channelId, name, JSON.stringify(metadata), createdAtMs);
    return 'created';
  }

  list(principal: string): readonly ChannelSummary[] {
    return this.#summaries.all(principal).map((row) => ({
      ...record(row),
      messageCount: row.messageCount,
      lastActivityAtMs: row.lastActivityAtMs,
    }));
  }

  update(
    principal: string,
    channelId: string,
    change: { readonly name?: string; readonly metadata?: Metadata },
  ): ChannelRecord | null {
    const row = this.#find.get(principal, channelId);
    if (row === undefined) return null;
    const name = change.name ?? row.name;
    const metadata = change.metadata === undefined ? row.metadata : JSON.stringify(change.metadata);
    this.#update.run(name, metadata, row.id);
    return record({ ...row, name, metadata });
  }

  /** From here on nobody finds it or anything in it; `Erasure` removes the rows. */
  delete(principal: string, channelId: string): boolean {
    if (channelId === DEFAULT_CHANNEL) return false;
    const key = this.key(principal, channelId);
    if (key === undefined) return false;
    this.#delete.run(key);
    return true;
  }

  #ensureDefault(principal: string): void {
    if (this.key(principal, DEFAULT_CHANNEL) === undefined) this.#insertDefault.run(principal, Date.now());
  }
}
