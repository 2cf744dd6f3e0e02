import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { ParsedMessage } from './message-sections.ts';
import { EntitySizes, sizeOf } from './entity-sizes.ts';
import { QueueCatalog } from './queue-catalog.ts';
import { booleanColumn, bytesColumn, integerColumn, optionalInteger, type Row } from './sqlite-row.ts';
import { createSchema } from './store-schema.ts';

/** A message as it is kept. `id` is the row, `sequence` its place in the entity. Times are epoch milliseconds. */
export interface StoredMessage extends Omit<ParsedMessage, 'messageIdKey' | 'scheduledAtMs'> {
  readonly id: number;
  readonly sequence: number;
  readonly enqueueSequence: number;
  readonly enqueuedAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly deliveryCount: number;
  readonly onceScheduled: boolean;
}

/** What is read of each message at start, to build the indexes in memory. */
export interface MessageIndexRow {
  readonly id: number;
  readonly sequence: number;
  readonly dueAtMs: number | undefined;
  readonly lockToken: string | undefined;
  readonly lockedUntilMs: number;
  readonly deliveryCount: number;
}

export interface NewMessage {
  readonly entityId: number;
  readonly sequence: number;
  readonly message: ParsedMessage;
  readonly enqueuedAtMs: number;
  readonly dueAtMs: number | undefined;
}

export interface SeenId {
  readonly entityId: number;
  readonly messageIdKey: string;
  readonly seenAtMs: number;
  readonly sequence: number;
}

/**
 * The queues in SQLite. Two rows a message: a small one that changes with every lock, and one with the bytes, which is
 * written once (SQLite rewrites a whole row on update). Every write happens in the transaction that the first one opens
 * and that `commit` ends. WAL with synchronous=NORMAL: what was committed outlives a SIGKILL of the process; a power cut
 * may take the last commits. The file is locked for one process.
 */
export class QueueStore {
  readonly #database: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;
  /** The queues themselves. */
  readonly catalog: QueueCatalog;
  /** What the messages of each entity take. */
  readonly sizes: EntitySizes;
  #open = false;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    createSchema(this.#database);
    this.#statements = prepare(this.#database);
    this.sizes = new EntitySizes(this.#database);
    this.catalog = new QueueCatalog(this.#database, () => {
      this.begin();
    });
  }

  begin(): void {
    if (!this.#open) {
      this.#statements.begin.run();
      this.#open = true;
    }
  }

  commit(): void {
    if (this.#open) {
      this.#statements.commit.run();
      this.#open = false;
    }
  }

  rollback(): void {
    this.#open = false;
    if (this.#database.isTransaction) {
      this.#database.exec('ROLLBACK');
    }
    this.sizes.read();
  }

  close(): void {
    this.#database.close();
  }

  /** Finds or makes the entity of that name. */
  openEntity(name: string): { readonly id: number; readonly lastSequence: number } {
    this.begin();
    this.#statements.upsertEntity.run(name);
    const row = required(this.#statements.findEntity.get(name), name);
    return { id: integerColumn(row, 'id'), lastSequence: integerColumn(row, 'last_sequence') };
  }

  saveLastSequence(entityId: number, lastSequence: number): void {
    this.begin();
    this.#statements.saveLastSequence.run(lastSequence, entityId);
  }

  *index(entityId: number): Generator<MessageIndexRow> {
    for (const row of this.#statements.index.iterate(entityId)) {
      const token = row['lock_token'];
      yield {
        id: integerColumn(row, 'id'),
        sequence: integerColumn(row, 'sequence'),
        dueAtMs: optionalInteger(row, 'due_at'),
        lockToken: typeof token === 'string' ? token : undefined,
        lockedUntilMs: optionalInteger(row, 'locked_until') ?? 0,
        deliveryCount: integerColumn(row, 'delivery_count'),
      };
    }
  }

  /** @returns the row's id */
  insert({ entityId, sequence, message, enqueuedAtMs, dueAtMs }: NewMessage): number {
    this.begin();
    const bytes = sizeOf(message);
    const expiresAt = message.ttlMs === undefined ? null : (dueAtMs ?? enqueuedAtMs) + message.ttlMs;
    const id = Number(
      this.#statements.insertMessage.run(
        entityId,
        sequence,
        sequence,
        enqueuedAtMs,
        expiresAt,
        dueAtMs ?? null,
        dueAtMs === undefined ? 0 : 1,
        bytes,
      ).lastInsertRowid,
    );
    this.#statements.insertPayload.run(
      id,
      message.durable ? 1 : 0,
      message.priority ?? null,
      message.ttlMs ?? null,
      message.annotations,
      message.properties,
      message.applicationProperties,
      message.body,
    );
    this.sizes.grow(entityId, bytes);
    return id;
  }

  load(entityId: number, sequence: number): StoredMessage | undefined {
    const row = this.#statements.load.get(entityId, sequence);
    return row === undefined ? undefined : storedMessage(row);
  }

  /** The messages from a sequence number on, of every state. Stop iterating to read no more. */
  *from(entityId: number, sequence: number): Generator<StoredMessage & { readonly lockedUntilMs: number | undefined }> {
    for (const row of this.#statements.from.iterate(entityId, sequence)) {
      yield { ...storedMessage(row), lockedUntilMs: optionalInteger(row, 'locked_until') };
    }
  }

  lock(id: number, token: string, lockedUntilMs: number): void {
    this.begin();
    this.#statements.lock.run(token, lockedUntilMs, id);
  }

  unlock(id: number, deliveryCount: number): void {
    this.begin();
    this.#statements.unlock.run(deliveryCount, id);
  }

  /** A scheduled message becomes active: it is as if it had been sent now. */
  activate(id: number, sequence: number, enqueuedAtMs: number): void {
    this.begin();
    this.#statements.activate.run(sequence, enqueuedAtMs, id);
  }

  /** Moves a message, unlocked, into another entity under the same sequence number. */
  move(id: number, entityId: number, deliveryCount: number): void {
    this.begin();
    this.sizes.move(id, entityId);
    this.#statements.move.run(entityId, deliveryCount, id);
  }

  applicationProperties(id: number): Buffer {
    return bytesColumn(required(this.#statements.applicationProperties.get(id), id), 'application_properties');
  }

  saveApplicationProperties(id: number, section: Buffer): void {
    this.begin();
    this.#statements.saveApplicationProperties.run(section, id);
  }

  remove(id: number): void {
    this.begin();
    this.sizes.shrink(this.#statements.removeMessage.get(id));
    this.#statements.removePayload.run(id);
  }

  /** The sequence number under which a message id was seen since `sinceMs`, if it was. */
  findDuplicate(entityId: number, messageIdKey: string, sinceMs: number): number | undefined {
    const row = this.#statements.findDuplicate.get(entityId, messageIdKey, sinceMs);
    return row === undefined ? undefined : integerColumn(row, 'sequence');
  }

  rememberId({ entityId, messageIdKey, seenAtMs, sequence }: SeenId): void {
    this.begin();
    this.#statements.rememberId.run(entityId, messageIdKey, seenAtMs, sequence);
  }

  forgetIds(entityId: number, beforeMs: number): void {
    this.begin();
    this.#statements.forgetIds.run(entityId, beforeMs);
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  const whole = 'SELECT * FROM message JOIN payload USING (id) WHERE entity_id = ? AND sequence';
  return {
    begin: sql('BEGIN IMMEDIATE'),
    commit: sql('COMMIT'),
    upsertEntity: sql('INSERT INTO entity (name) VALUES (?) ON CONFLICT (name) DO NOTHING'),
    findEntity: sql('SELECT id, last_sequence FROM entity WHERE name = ?'),
    saveLastSequence: sql('UPDATE entity SET last_sequence = ? WHERE id = ?'),
    index: sql(
      'SELECT id, sequence, due_at, lock_token, locked_until, delivery_count FROM message WHERE entity_id = ? ORDER BY sequence',
    ),
    insertMessage: sql(
      'INSERT INTO message (entity_id, sequence, enqueue_sequence, enqueued_at, expires_at, due_at, once_scheduled, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    insertPayload: sql(
      'INSERT INTO payload (id, durable, priority, ttl_ms, annotations, properties, application_properties, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    load: sql(`${whole} = ?`),
    from: sql(`${whole} >= ? ORDER BY sequence`),
    lock: sql('UPDATE message SET lock_token = ?, locked_until = ? WHERE id = ?'),
    unlock: sql('UPDATE message SET lock_token = NULL, locked_until = NULL, delivery_count = ? WHERE id = ?'),
    activate: sql('UPDATE message SET sequence = ?, enqueued_at = ?, due_at = NULL WHERE id = ?'),
    move: sql(
      'UPDATE message SET entity_id = ?, delivery_count = ?, lock_token = NULL, locked_until = NULL, expires_at = NULL WHERE id = ?',
    ),
    applicationProperties: sql('SELECT application_properties FROM payload WHERE id = ?'),
    saveApplicationProperties: sql('UPDATE payload SET application_properties = ? WHERE id = ?'),
    removeMessage: sql('DELETE FROM message WHERE id = ? RETURNING entity_id, bytes'),
    removePayload: sql('DELETE FROM payload WHERE id = ?'),
    findDuplicate: sql('SELECT sequence FROM seen_id WHERE entity_id = ? AND message_id = ? AND seen_at >= ?'),
    rememberId: sql('INSERT OR REPLACE INTO seen_id (entity_id, message_id, seen_at, sequence) VALUES (?, ?, ?, ?)'),
    forgetIds: sql('DELETE FROM seen_id WHERE entity_id = ? AND seen_at < ?'),
  };
}

function storedMessage(row: Row): StoredMessage {
  return {
    id: integerColumn(row, 'id'),
    sequence: integerColumn(row, 'sequence'),
    enqueueSequence: integerColumn(row, 'enqueue_sequence'),
    enqueuedAtMs: integerColumn(row, 'enqueued_at'),
    expiresAtMs: optionalInteger(row, 'expires_at'),
    deliveryCount: integerColumn(row, 'delivery_count'),
    onceScheduled: booleanColumn(row, 'once_scheduled'),
    durable: booleanColumn(row, 'durable'),
    priority: optionalInteger(row, 'priority'),
    ttlMs: optionalInteger(row, 'ttl_ms'),
    annotations: bytesColumn(row, 'annotations'),
    properties: bytesColumn(row, 'properties'),
    applicationProperties: bytesColumn(row, 'application_properties'),
    body: bytesColumn(row, 'body'),
  };
}

function required(row: Row | undefined, key: string | number): Row {
  if (row === undefined) {
    throw new Error(`The Service Bus database has no row '${key}': the file was changed by someone else.`);
  }
  return row;
}
