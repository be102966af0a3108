/** The vectors of messages, kept in the database as the memory's thread writes them. No extension is needed for that. */
import type { Database, Statement } from 'better-sqlite3';
import type { MadeVector } from './embeddings-messages.js';

/** Which vectors can be compared. */
export interface VectorModel {
  readonly model: string;
  /** 0: as many as the model gives. */
  readonly dimensions: number;
}

/** A message or reply, so that a row number that has come to be another's is noticed. */
export interface MessageIdentity {
  readonly id: number;
  readonly messageId: string;
  readonly role: 'user' | 'assistant';
}

/** One model's vectors. */
export class Vectors {
  /** The model's number in the database. */
  readonly space: number;
  #length: number | null;
  readonly #noteLength: Statement<[length: number, space: number]>;
  readonly #keep: Statement<[MessageIdentity & { space: number; bits: Uint8Array; embedding: Uint8Array }]>;

  constructor(db: Database, { model, dimensions }: VectorModel) {
    db.prepare('INSERT INTO vector_spaces (model, dimensions) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
      model,
      dimensions,
    );
    const known = db
      .prepare<[string, number], { id: number; length: number | null }>(
        'SELECT id, length FROM vector_spaces WHERE model = ? AND dimensions = ?',
      )
      .get(model, dimensions);
    this.space = known?.id ?? 0;
    this.#length = known?.length ?? null;
    this.#noteLength = db.prepare('UPDATE vector_spaces SET length = ? WHERE id = ? AND length IS NULL');
    // The message may have gone while its text was away, and its row number may be another's by now.
    this.#keep = db.prepare(
      `INSERT INTO message_vectors (message, channel, space, bits, embedding)
       SELECT messages.id, messages.channel, @space, @bits, @embedding
       FROM messages JOIN channels ON channels.id = messages.channel
       WHERE messages.id = @id AND message_id = @messageId AND role = @role AND principal IS NOT NULL
       ON CONFLICT (message) DO UPDATE SET
         channel = excluded.channel, space = excluded.space, bits = excluded.bits, embedding = excluded.embedding`,
    );
  }

  /** How many numbers the model gives; null: there has been no vector. */
  get length(): number | null {
    return this.#length;
  }

  /** Keeps a vector with its message, in the caller's transaction. False: the message is not there any more. */
  keep({ id, messageId, role }: MessageIdentity, { length, bits, embedding }: MadeVector): boolean {
    this.#length ??= length;
    // Every time: the transaction of the first may have failed.
    this.#noteLength.run(length, this.space);
    return this.#keep.run({ id, messageId, role, space: this.space, bits, embedding }).changes > 0;
  }
}
