/**
 * Which messages and replies have no vector of the model yet, newest first.
 *
 * What is written while the program runs is noted by triggers of this connection alone, so that a database
 * without embeddings carries none of it. What was there before is found by a walk through the channels that
 * reads nothing but two indexes, a few hundred entries at a time.
 */
import type { Database, Statement } from 'better-sqlite3';
import { embeddedPart } from './embeddings-messages.js';
import type { Pace } from './pace.js';
import type { MessageIdentity } from './vectors.js';

const CHANNELS_AT_ONCE = 64;
const ENTRIES_AT_ONCE = 256;
/** Found and not yet taken; the walk waits beyond. */
const ENOUGH = 512;
/** Beyond, the older ones are forgotten until the next walk: whatever is written, this stays small. */
const MAX_NOTED = 20_000;

export interface Unembedded extends MessageIdentity {
  /** As it is embedded. */
  readonly text: string;
}

interface Entry {
  readonly id: number;
  readonly seq: number;
  readonly done: 0 | 1;
}

/** A walk first learns how recent each channel is, then goes through them. */
class Walk {
  /** The last channel it has heard of; null: it knows them all. */
  after: number | null = 0;
  readonly found: { readonly id: number; readonly newest: number }[] = [];
  /** Where it is in the last of {@link found}. */
  before = Number.MAX_SAFE_INTEGER;

  get isOver(): boolean {
    return this.after === null && this.found.length === 0;
  }

  /** On to the channel that is next. */
  leave(): void {
    this.found.pop();
    this.before = Number.MAX_SAFE_INTEGER;
  }
}

export class VectorBacklog {
  readonly #space: number;
  readonly #count: Statement<[], number>;
  readonly #note: Statement<[message: number]>;
  readonly #forget: Statement<[message: number]>;
  readonly #forgetOldest: Statement<[keep: number]>;
  readonly #noted: Statement<[limit: number], number>;
  readonly #content: Statement<[id: number], MessageIdentity & { content: string }>;
  readonly #channels: Statement<[after: number, limit: number], { id: number; newest: number | null }>;
  readonly #entries: Statement<[{ channel: number; before: number; space: number; limit: number }], Entry>;
  #walk = new Walk();
  #walkAgain = false;

  constructor(db: Database, space: number) {
    this.#space = space;
    // A reply gets its vector once it has ended.
    db.exec(
      `CREATE TEMP TABLE vectorless (message INTEGER PRIMARY KEY);
       CREATE TEMP TRIGGER message_needs_vector AFTER INSERT ON main.messages
         WHEN new.content <> '' AND (new.role = 'user' OR new.finish_reason IS NOT NULL)
       BEGIN INSERT OR IGNORE INTO vectorless VALUES (new.id); END;
       CREATE TEMP TRIGGER reply_needs_vector AFTER UPDATE OF finish_reason ON main.messages
         WHEN new.content <> '' AND old.finish_reason IS NULL AND new.finish_reason IS NOT NULL
       BEGIN INSERT OR IGNORE INTO vectorless VALUES (new.id); END;`,
    );
    this.#count = db.prepare<[], number>('SELECT count(*) FROM vectorless').pluck();
    this.#note = db.prepare('INSERT OR IGNORE INTO vectorless VALUES (?)');
    this.#forget = db.prepare('DELETE FROM vectorless WHERE message = ?');
    this.#forgetOldest = db.prepare(
      `DELETE FROM vectorless WHERE message <
         (SELECT message FROM vectorless ORDER BY message DESC LIMIT 1 OFFSET ?)`,
    );
    this.#noted = db
      .prepare<[number], number>('SELECT message FROM vectorless ORDER BY message DESC LIMIT ?')
      .pluck();
    this.#content = db.prepare(
      `SELECT messages.id, message_id AS messageId, role, content
       FROM messages JOIN channels ON channels.id = messages.channel
       WHERE messages.id = ? AND principal IS NOT NULL AND content <> ''
         AND (role = 'user' OR finish_reason IS NOT NULL)`,
    );
    this.#channels = db.prepare(
      `SELECT id, (SELECT id FROM messages WHERE channel = channels.id ORDER BY seq DESC LIMIT 1) AS newest
       FROM channels WHERE id > ? AND principal IS NOT NULL ORDER BY id LIMIT ?`,
    );
    this.#entries = db.prepare(
      `SELECT id, seq, EXISTS (
         SELECT 1 FROM message_vectors
         WHERE channel = @channel AND space = @space AND message = messages.id) AS done
       FROM messages WHERE channel = @channel AND seq < @before ORDER BY seq DESC LIMIT @limit`,
    );
  }

  /** Messages are noted that {@link take} would give. */
  get isEmpty(): boolean {
    return this.#noted.get(1) === undefined;
  }

  /** The walk has been everywhere. */
  get isComplete(): boolean {
    return this.#walk.isOver && !this.#walkAgain;
  }

  /** Looks at everything once more: what was set aside, or came in too large a number, is found again. */
  walkAgain(): void {
    this.#walkAgain = true;
  }

  /** Takes the walk a little further, and keeps what is noted small. Writes to a temporary table alone. */
  look(pace: Pace): void {
    let noted = this.#count.get() ?? 0;
    if (noted > MAX_NOTED) {
      this.#forgetOldest.run(ENOUGH);
      this.#walkAgain = true;
      noted = ENOUGH;
    }
    while (!this.isComplete && noted < ENOUGH) {
      noted += this.#step();
      if (pace.spent) return;
    }
  }

  /** The newest that have none, at most so many of at most so many characters, but one always. They stay noted. */
  take(maxTexts: number, maxChars: number): readonly Unembedded[] {
    const taken: Unembedded[] = [];
    let chars = 0;
    for (const id of this.#noted.all(maxTexts)) {
      const found = this.#content.get(id);
      const text = found === undefined ? '' : embeddedPart(found.content);
      if (found === undefined || text.trim() === '') {
        this.done(id);
        continue;
      }
      chars += text.length;
      if (chars > maxChars && taken.length > 0) break;
      taken.push({ id, messageId: found.messageId, role: found.role, text });
    }
    return taken;
  }

  /** It has its vector, or gets none before it is noted again. */
  done(id: number): void {
    this.#forget.run(id);
  }

  note(id: number): void {
    this.#note.run(id);
  }

  /** @returns how many it has noted */
  #step(): number {
    if (this.#walk.isOver) {
      this.#walkAgain = false;
      this.#walk = new Walk();
    }
    const walk = this.#walk;
    if (walk.after !== null) {
      const page = this.#channels.all(walk.after, CHANNELS_AT_ONCE);
      for (const { id, newest } of page) if (newest !== null) walk.found.push({ id, newest });
      walk.after = page.length === CHANNELS_AT_ONCE ? (page.at(-1)?.id ?? null) : null;
      if (walk.after === null) walk.found.sort((a, b) => a.newest - b.newest);
      return 0;
    }
    const channel = walk.found.at(-1)?.id ?? 0;
    const { before } = walk;
    const page = this.#entries.all({ channel, before, space: this.#space, limit: ENTRIES_AT_ONCE });
    walk.before = page.at(-1)?.seq ?? 0;
    if (page.length < ENTRIES_AT_ONCE) walk.leave();
    const without = page.filter(({ done }) => done === 0);
    for (const { id } of without) this.#note.run(id);
    return without.length;
  }
}
