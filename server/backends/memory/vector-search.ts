/**
 * What is near in meaning: sqlite-vec, on a connection of its own that only reads.
 *
 * A channel's vectors are compared one by one. Doing that on a thread of its own costs whoever searches some
 * milliseconds, and whoever writes nothing.
 */
import Sqlite, { type Database, type Statement } from 'better-sqlite3';
import type { MadeVector, Near, QueryPlace } from './embeddings-messages.js';
import { MemoryError } from './port.js';
import type { VectorModel } from './vectors.js';

/** Of these signs a vector's coarse copy consists: enough to tell the near from the far, and 64 bytes to read. */
const COARSE_BITS = 512;
/** A channel's newest messages are looked at, so many of them: other queries wait for their turn meanwhile. */
const MAX_SCANNED = 250_000;
/** The nearest by their coarse copies, of which the exact distance is taken. */
const MAX_CANDIDATES = 256;
/** sqlite-vec quantizes eight numbers at a time; zeros at the end change no angle. */
const NUMBERS_AT_ONCE = 8;

interface NearestAsk {
  readonly channel: number;
  readonly space: number;
  readonly bits: Uint8Array;
  readonly embedding: Uint8Array;
  /** The row number of the first message that is looked at. */
  readonly oldest: number;
  readonly beforeSeq: number;
  readonly minSimilarity: number;
}

/** Makes vectors into what is kept and compared. */
export class VectorFunctions {
  readonly #load: (db: Database) => void;
  readonly #quantize: Statement<[embedding: Uint8Array, bits: number], Buffer>;

  /** @throws MemoryError one sentence with what to do, where sqlite-vec cannot be loaded */
  static async load(): Promise<VectorFunctions> {
    try {
      const { load } = await import('sqlite-vec');
      return new VectorFunctions((db) => load(db));
    } catch (error) {
      throw new MemoryError(
        `memory.embeddings needs sqlite-vec, which cannot be loaded on ${process.platform}-${process.arch}: install its package, or set memory.embeddings.enabled = false.`,
        { cause: error },
      );
    }
  }

  private constructor(load: (db: Database) => void) {
    this.#load = load;
    const db = new Sqlite(':memory:');
    load(db);
    this.#quantize = db
      .prepare<[Uint8Array, number], Buffer>('SELECT vec_quantize_binary(vec_slice(?, 0, ?))')
      .pluck();
  }

  /** A connection that reads the database at `path` and can compare vectors. */
  open(path: string): Database {
    const db = new Sqlite(path, { readonly: true, fileMustExist: true });
    this.#load(db);
    return db;
  }

  make(vector: Float32Array): MadeVector {
    const longer = new Float32Array(Math.ceil(vector.length / NUMBERS_AT_ONCE) * NUMBERS_AT_ONCE);
    longer.set(vector);
    const embedding = new Uint8Array(longer.buffer);
    const bits = this.#quantize.get(embedding, Math.min(COARSE_BITS, longer.length)) ?? Buffer.alloc(0);
    return { length: vector.length, bits: Uint8Array.from(bits), embedding };
  }
}

/** Looks for what is near in one model's vectors. */
export class VectorSearch {
  readonly #db: Database;
  readonly #model: VectorModel;
  readonly #minSimilarity: number;
  readonly #space: Statement<[model: string, dimensions: number], { id: number; length: number | null }>;
  readonly #channel: Statement<[principal: string, channelId: string], number>;
  readonly #oldest: Statement<[{ channel: number }], number>;
  readonly #nearest: Statement<[NearestAsk], number>;

  /** @param db from {@link VectorFunctions.open} */
  constructor(db: Database, model: VectorModel, minSimilarity: number) {
    this.#db = db;
    this.#model = model;
    this.#minSimilarity = minSimilarity;
    this.#space = db.prepare('SELECT id, length FROM vector_spaces WHERE model = ? AND dimensions = ?');
    this.#channel = db
      .prepare<[string, string], number>('SELECT id FROM channels WHERE principal = ? AND channel_id = ?')
      .pluck();
    // Row numbers follow the seqs, except of what an import has brought: such a channel has about so many looked at
    // where it is longer, and all where it is not.
    this.#oldest = db
      .prepare<[{ channel: number }], number>(
        `SELECT id FROM messages
         WHERE channel = @channel
           AND seq <= (SELECT max(seq) FROM messages WHERE channel = @channel) - ${MAX_SCANNED}
         ORDER BY seq DESC LIMIT 1`,
      )
      .pluck();
    this.#nearest = db
      .prepare<[NearestAsk], number>(
        `WITH
           coarse AS MATERIALIZED (
             SELECT message FROM message_vectors
             WHERE channel = @channel AND space = @space AND message >= @oldest
             ORDER BY vec_distance_hamming(vec_bit(bits), vec_bit(@bits)) LIMIT ${MAX_CANDIDATES}
           ),
           exact AS MATERIALIZED (
             SELECT seq, vec_distance_cosine(embedding, @embedding) AS distance
             FROM coarse CROSS JOIN message_vectors USING (message) CROSS JOIN messages ON messages.id = message
             WHERE seq < @beforeSeq
           )
         SELECT seq FROM exact WHERE distance <= 1 - @minSimilarity ORDER BY distance, seq DESC`,
      )
      .pluck();
  }

  /** Null: there is no such channel, or there are no such vectors. */
  nearest({ length, bits, embedding }: MadeVector, place: QueryPlace): Near | null {
    const space = this.#space.get(this.#model.model, this.#model.dimensions);
    const channel = this.#channel.get(place.principal, place.channelId);
    if (channel === undefined || space === undefined || space.length !== length) return null;
    const { beforeSeq } = place;
    const seqs = this.#nearest.all({
      channel,
      space: space.id,
      bits,
      embedding,
      oldest: this.#oldest.get({ channel }) ?? 0,
      beforeSeq,
      minSimilarity: this.#minSimilarity,
    });
    return { channel, seqs };
  }

  close(): void {
    this.#db.close();
  }
}
