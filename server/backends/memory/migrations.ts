/**
 * The database's schema, as the steps that lead to it. `PRAGMA user_version` counts the steps a
 * database has taken. A step that was released is never edited; a change is a new step.
 */
import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { CHANNEL_DIGITS, indexText, TOKENIZER } from './search-text.js';

const version1 = `
  -- No principal: the channel was deleted and is being erased.
  CREATE TABLE channels (
    id            INTEGER PRIMARY KEY,
    principal     TEXT,
    channel_id    TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    metadata      TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (principal, channel_id)
  ) STRICT;

  -- A reply has the message_id of the message it answers, and the seq after it. The seqs of a
  -- channel count from 1 without gaps. content comes last: SQLite then finds every other column
  -- without walking through a long one.
  CREATE TABLE messages (
    id            INTEGER PRIMARY KEY,
    channel       INTEGER NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    seq           INTEGER NOT NULL,
    message_id    TEXT    NOT NULL,
    role          TEXT    NOT NULL CHECK (role IN ('user', 'assistant')),
    client_id     TEXT,
    created_at_ms INTEGER NOT NULL,
    finish_reason TEXT,
    total_tokens  INTEGER NOT NULL DEFAULT 0,
    duration_ms   INTEGER NOT NULL DEFAULT 0,
    usage         TEXT,
    error         TEXT,
    metadata      TEXT,
    content       TEXT    NOT NULL,
    UNIQUE (channel, seq)
  ) STRICT;
  CREATE INDEX replies_by_message ON messages (message_id) WHERE role = 'assistant';
  CREATE INDEX open_replies ON messages (id) WHERE role = 'assistant' AND finish_reason IS NULL;

  CREATE TABLE idempotency (
    id            INTEGER PRIMARY KEY,
    principal     TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    message       INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (principal, key)
  ) STRICT;
  CREATE INDEX idempotency_by_message ON idempotency (message);
  CREATE INDEX idempotency_by_age ON idempotency (created_at_ms);

  CREATE TABLE token_use (
    token_hash      TEXT    PRIMARY KEY,
    last_used_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- The index holds messages, and replies once they have ended. The channel's number is a column
  -- of it, so that a search stays inside its channel without reading other channels' rows.
  CREATE VIEW indexed_messages AS
    SELECT id, channel, content FROM messages WHERE role = 'user' OR finish_reason IS NOT NULL;
  CREATE VIRTUAL TABLE message_index USING fts5 (
    channel, content,
    content = 'indexed_messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
  );
  -- Without this, what was deleted stays readable in the index until a later merge.
  INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);

  CREATE TRIGGER index_message AFTER INSERT ON messages
    WHEN new.role = 'user' OR new.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO message_index (rowid, channel, content) VALUES (new.id, new.channel, new.content);
  END;
  CREATE TRIGGER index_reply AFTER UPDATE OF finish_reason ON messages
    WHEN old.role = 'assistant' AND old.finish_reason IS NULL AND new.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO message_index (rowid, channel, content) VALUES (new.id, new.channel, new.content);
  END;
  CREATE TRIGGER unindex_message AFTER DELETE ON messages
    WHEN old.role = 'user' OR old.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO message_index (message_index, rowid, channel, content)
      VALUES ('delete', old.id, old.channel, old.content);
  END;
`;

const version2 = `
  -- One row a notification, scheduled ones too; with a cron schedule, due_at_ms is that of the
  -- occurrence that has not been settled yet. The ids sort by creation.
  CREATE TABLE notifications (
    notification_id TEXT    PRIMARY KEY,
    principal       TEXT    NOT NULL,
    client_id       TEXT,
    type            TEXT    NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    due_at_ms       INTEGER NOT NULL,
    cron            TEXT,
    msg             TEXT    NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notifications_by_principal ON notifications (principal, notification_id);
`;

const version3 = `
  -- Messages are removed from the front of a channel. This is the seq of the last one gone, for the
  -- next message of a channel that holds none.
  ALTER TABLE channels ADD COLUMN removed_seq INTEGER NOT NULL DEFAULT 0;

  -- A key outlives its message, so it holds all of the answer and a hash of what was said.
  CREATE TABLE idempotency_keys (
    principal     TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    channel       INTEGER NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    message_id    TEXT    NOT NULL,
    seq           INTEGER NOT NULL,
    content_hash  BLOB    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO idempotency_keys
    SELECT principal, key, channel, message_id, seq, sha256(content), idempotency.created_at_ms
    FROM idempotency JOIN messages ON messages.id = idempotency.message;
  DROP TABLE idempotency;
  CREATE INDEX idempotency_keys_by_channel ON idempotency_keys (channel);
  CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms);
`;

const version4 = `
  -- The index holds what search-text.ts makes of messages, and of replies once they have ended: each word behind
  -- its channel's digits. One to three characters behind those are looked up at the cost of a word.
  DROP TRIGGER index_message;
  DROP TRIGGER index_reply;
  DROP TRIGGER unindex_message;
  DROP TABLE message_index;
  DROP VIEW indexed_messages;
  CREATE VIEW indexed_messages AS
    SELECT id, index_text(channel, content) AS words FROM messages
    WHERE role = 'user' OR finish_reason IS NOT NULL;
  CREATE VIRTUAL TABLE message_index USING fts5 (
    words, content = 'indexed_messages', content_rowid = 'id', tokenize = "${TOKENIZER}",
    prefix = '${CHANNEL_DIGITS + 1} ${CHANNEL_DIGITS + 2} ${CHANNEL_DIGITS + 3}'
  );
  -- Filled behind version 8, as every index from before it is (renewIndex).
  INSERT INTO message_index (message_index, rank) VALUES ('secure-delete', 1);

  CREATE TRIGGER index_message AFTER INSERT ON messages
    WHEN new.role = 'user' OR new.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO message_index (rowid, words) VALUES (new.id, index_text(new.channel, new.content));
  END;
  CREATE TRIGGER index_reply AFTER UPDATE OF finish_reason ON messages
    WHEN old.role = 'assistant' AND old.finish_reason IS NULL AND new.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO message_index (rowid, words) VALUES (new.id, index_text(new.channel, new.content));
  END;
  CREATE TRIGGER unindex_message AFTER DELETE ON messages
    WHEN old.role = 'user' OR old.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO message_index (message_index, rowid, words)
      VALUES ('delete', old.id, index_text(old.channel, old.content));
  END;
`;

const version5 = `
  -- One row a channel: what stands for its messages up to upto_seq, which stay as they are.
  -- from_at_ms is the time of the oldest message whose words may be in it, through every summary that it
  -- was made from: it goes when that message would.
  CREATE TABLE summaries (
    channel       INTEGER PRIMARY KEY REFERENCES channels (id) ON DELETE CASCADE,
    upto_seq      INTEGER NOT NULL,
    from_at_ms    INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    source        TEXT    NOT NULL CHECK (source IN ('provider', 'sentences')),
    content       TEXT    NOT NULL
  ) STRICT;
`;

const version6 = `
  -- What vectors can be compared: those of one model, asked for with so many dimensions (0: its own number).
  -- length is how many numbers it gave the first time.
  CREATE TABLE vector_spaces (
    id         INTEGER PRIMARY KEY,
    model      TEXT    NOT NULL,
    dimensions INTEGER NOT NULL,
    length     INTEGER,
    UNIQUE (model, dimensions)
  ) STRICT;

  -- An ordinary table, so that vectors go with their messages, and need no extension to be kept, copied and
  -- checked. embedding is float32 after float32, bits a coarse copy of it: the signs of its first numbers.
  CREATE TABLE message_vectors (
    message   INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    channel   INTEGER NOT NULL,
    space     INTEGER NOT NULL REFERENCES vector_spaces (id),
    bits      BLOB    NOT NULL,
    embedding BLOB    NOT NULL
  ) STRICT;
  -- Holds all that a scan of a channel reads, in rows of under a hundred bytes.
  CREATE INDEX coarse_vectors ON message_vectors (channel, space, message, bits);
`;

const version7 = `
  -- search-text.ts makes other words of some texts than it did before; the index was made anew here, and now is behind version 8.
`;

const version8 = `
  -- Messages that are not in the index yet; index-backlog.ts takes them there behind their acknowledgement.
  -- In the order of the messages, so that storing one writes at the end of it, whatever its channel.
  CREATE TABLE index_backlog (message INTEGER PRIMARY KEY, channel INTEGER NOT NULL) STRICT;
  -- One row: what search-text.ts calls the rules by which the index was made.
  CREATE TABLE index_rules (rules TEXT NOT NULL) STRICT;

  DROP TRIGGER index_message;
  DROP TRIGGER index_reply;
  DROP TRIGGER unindex_message;
  DROP VIEW indexed_messages;
  CREATE VIEW indexed_messages AS
    SELECT id, index_text(channel, content) AS words FROM messages
    WHERE (role = 'user' OR finish_reason IS NOT NULL) AND NOT EXISTS
      (SELECT 1 FROM index_backlog WHERE message = messages.id);

  CREATE TRIGGER index_message AFTER INSERT ON messages
    WHEN new.role = 'user' OR new.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO index_backlog VALUES (new.id, new.channel);
  END;
  CREATE TRIGGER index_reply AFTER UPDATE OF finish_reason ON messages
    WHEN old.role = 'assistant' AND old.finish_reason IS NULL AND new.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO index_backlog VALUES (new.id, new.channel);
  END;
  CREATE TRIGGER unindex_message AFTER DELETE ON messages
    WHEN old.role = 'user' OR old.finish_reason IS NOT NULL
  BEGIN
    INSERT INTO message_index (message_index, rowid, words)
      SELECT 'delete', old.id, index_text(old.channel, old.content)
      WHERE NOT EXISTS (SELECT 1 FROM index_backlog WHERE message = old.id);
    DELETE FROM index_backlog WHERE message = old.id;
  END;
`;

const MIGRATIONS: readonly string[] = [
  version1,
  version2,
  version3,
  version4,
  version5,
  version6,
  version7,
  version8,
];

/** The schema version this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Steps that a database has taken; 0 for an empty one. */
export const schemaVersion = (db: Database): number => Number(db.pragma('user_version', { simple: true }));

/** What the schema calls: a connection needs it to write messages, or to compare the index with them. */
export const addFunctions = (db: Database): void => {
  db.function('sha256', { deterministic: true }, (text) =>
    createHash('sha256').update(String(text)).digest(),
  );
  db.function('index_text', { deterministic: true }, (channel, content) =>
    indexText(Number(channel), String(content)),
  );
};

/** By what rules the index was made; undefined where nobody has noted it yet. From version 8 on. */
export const indexRules = (db: Database): string | undefined =>
  db.prepare<[], string>('SELECT rules FROM index_rules').pluck().get();

/**
 * Begins the index anew where it was made by other rules than `rules`, which would look for other words than are in it:
 * every message waits in the backlog then.
 */
export const renewIndex = (db: Database, rules: string): void => {
  if (indexRules(db) === rules) return;
  const renew = db.transaction(() => {
    db.exec(
      `INSERT INTO message_index (message_index) VALUES ('delete-all');
       INSERT OR IGNORE INTO index_backlog
         SELECT id, channel FROM messages WHERE role = 'user' OR finish_reason IS NOT NULL;
       DELETE FROM index_rules;`,
    );
    db.prepare('INSERT INTO index_rules VALUES (?)').run(rules);
  });
  renew.immediate();
};

/**
 * Takes the steps that are missing, all or none. The version must not be above `target`; the connection
 * has its functions ({@link addFunctions}).
 *
 * @param target an earlier version only to make a database as that version had it
 */
export const migrate = (db: Database, target = SCHEMA_VERSION): void => {
  const version = schemaVersion(db);
  if (version === target) return;
  const takeSteps = db.transaction(() => {
    for (const step of MIGRATIONS.slice(version, target)) db.exec(step);
    db.pragma(`user_version = ${target}`);
  });
  takeSteps.immediate();
};
