import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { indexColumns, storedColumns } from './stored-row.ts';

export type MessageStatements = Readonly<Record<StatementName, StatementSync>>;

type StatementName =
  | 'begin'
  | 'commit'
  | 'upsertEntity'
  | 'findEntity'
  | 'saveLastSequence'
  | 'index'
  | 'insertMessage'
  | 'insertPayload'
  | 'load'
  | 'from'
  | 'ofSession'
  | 'expired'
  | 'nextExpiry'
  | 'lock'
  | 'unlock'
  | 'defer'
  | 'activate'
  | 'move'
  | 'content'
  | 'saveContent'
  | 'removeMessage'
  | 'removePayload'
  | 'findDuplicate'
  | 'rememberId'
  | 'forgetIds';

export function prepareMessages(database: DatabaseSync): MessageStatements {
  const sql = (text: string): StatementSync => database.prepare(text);
  const rows = (text: string): StatementSync => {
    const statement = sql(text);
    statement.setReturnArrays(true);
    return statement;
  };
  const whole = `SELECT ${storedColumns} FROM message JOIN payload USING (id) WHERE entity_id = ?`;
  return {
    begin: sql('BEGIN IMMEDIATE'),
    commit: sql('COMMIT'),
    upsertEntity: sql('INSERT INTO entity (name) VALUES (?) ON CONFLICT (name) DO NOTHING'),
    findEntity: sql('SELECT id, last_sequence FROM entity WHERE name = ?'),
    saveLastSequence: sql('UPDATE entity SET last_sequence = ? WHERE id = ?'),
    index: rows(`SELECT ${indexColumns} FROM message WHERE entity_id = ? ORDER BY sequence`),
    insertMessage: sql(
      'INSERT INTO message (entity_id, sequence, enqueue_sequence, enqueued_at, expires_at, due_at, once_scheduled, session, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    insertPayload: sql(
      'INSERT INTO payload (id, durable, priority, ttl_ms, annotations_end, properties_end, application_end, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    load: rows(`${whole} AND sequence = ?`),
    from: rows(`${whole} AND sequence >= ? ORDER BY sequence`),
    ofSession: rows(`${whole} AND session = ? AND sequence >= ? ORDER BY sequence`),
    expired: rows(
      `SELECT ${indexColumns} FROM message WHERE entity_id = ? AND expires_at <= ? AND deferred = 0 AND lock_token IS NULL AND due_at IS NULL ORDER BY expires_at LIMIT ?`,
    ),
    nextExpiry: sql(
      'SELECT min(expires_at) AS expires_at FROM message WHERE entity_id = ? AND expires_at > ? AND deferred = 0',
    ),
    lock: sql('UPDATE message SET lock_token = ?, locked_until = ? WHERE id = ?'),
    unlock: sql('UPDATE message SET lock_token = NULL, locked_until = NULL, delivery_count = ? WHERE id = ?'),
    defer: sql(
      'UPDATE message SET deferred = 1, lock_token = NULL, locked_until = NULL, delivery_count = ? WHERE id = ?',
    ),
    activate: sql('UPDATE message SET sequence = ?, enqueued_at = ?, due_at = NULL WHERE id = ?'),
    move: sql(
      'UPDATE message SET entity_id = ?, delivery_count = ?, lock_token = NULL, locked_until = NULL, expires_at = NULL, deferred = 0, session = NULL WHERE id = ?',
    ),
    content: sql('SELECT properties_end, application_end, content FROM payload WHERE id = ?'),
    saveContent: sql('UPDATE payload SET application_end = ?, content = ? WHERE id = ?'),
    removeMessage: sql('DELETE FROM message WHERE id = ? RETURNING entity_id, bytes'),
    removePayload: sql('DELETE FROM payload WHERE id = ?'),
    findDuplicate: sql('SELECT sequence FROM seen_id WHERE entity_id = ? AND message_id = ? AND seen_at >= ?'),
    rememberId: sql('INSERT OR REPLACE INTO seen_id (entity_id, message_id, seen_at, sequence) VALUES (?, ?, ?, ?)'),
    forgetIds: sql('DELETE FROM seen_id WHERE entity_id = ? AND seen_at < ?'),
  };
}
