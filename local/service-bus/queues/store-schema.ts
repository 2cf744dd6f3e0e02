import type { DatabaseSync } from 'node:sqlite';

/** Raised with every change of the tables; a file of another version is refused. */
const version = 2;

const tables = `
  BEGIN IMMEDIATE;
  CREATE TABLE IF NOT EXISTS entity (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    last_sequence INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY,
    entity_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    enqueue_sequence INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    expires_at INTEGER,
    due_at INTEGER,
    once_scheduled INTEGER NOT NULL,
    delivery_count INTEGER NOT NULL DEFAULT 0,
    session TEXT,
    deferred INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL,
    lock_token TEXT,
    locked_until INTEGER,
    UNIQUE (entity_id, sequence)
  );
  CREATE TABLE IF NOT EXISTS payload (
    id INTEGER PRIMARY KEY,
    durable INTEGER NOT NULL,
    priority INTEGER,
    ttl_ms INTEGER,
    annotations_end INTEGER NOT NULL,
    properties_end INTEGER NOT NULL,
    application_end INTEGER NOT NULL,
    content BLOB NOT NULL
  );
  CREATE TABLE IF NOT EXISTS seen_id (
    entity_id INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (entity_id, message_id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS message_by_expiry ON message (entity_id, expires_at)
    WHERE expires_at IS NOT NULL AND deferred = 0;
  CREATE INDEX IF NOT EXISTS message_by_session ON message (entity_id, session, sequence) WHERE session IS NOT NULL;
  CREATE TABLE IF NOT EXISTS session_state (
    entity_id INTEGER NOT NULL,
    session TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (entity_id, session)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS seen_id_by_time ON seen_id (entity_id, seen_at);
  PRAGMA user_version = ${version};
  COMMIT;
`;

/**
 * Creates the tables in a new file. A dead-letter queue is an entity of its own, named `queue/$deadletterqueue`; its
 * messages keep the sequence number that they had in the queue. `enqueue_sequence` is the number that a message was
 * first given: a scheduled message gets a new `sequence` when it becomes active. `session` is the session's id in a queue
 * of sessions, and null elsewhere.
 */
export function createSchema(database: DatabaseSync): void {
  database.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 4000;
  `);
  const found = database.prepare('PRAGMA user_version').get()?.['user_version'];
  if (found !== 0 && found !== version) {
    throw new Error(`The Service Bus database has version ${String(found)}; this program reads version ${version}.`);
  }
  database.exec(tables);
}
