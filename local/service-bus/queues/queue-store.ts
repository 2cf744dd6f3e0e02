import { DatabaseSync } from 'node:sqlite';
import type { ParsedMessage } from '../amqp/message-sections.ts';
import { prepareMessages, type MessageStatements } from './message-statements.ts';
import { EntitySizes, sizeOf } from './entity-sizes.ts';
import { QueueCatalog } from './queue-catalog.ts';
import { bytesColumn, integerColumn, optionalInteger, type Row } from './sqlite-row.ts';
import { SessionStates } from './session-states.ts';
import { createSchema } from './store-schema.ts';
import { indexRow, storedMessage } from './stored-row.ts';

/** A message as it is kept. `id` is the row, `sequence` its place in the entity. Times are epoch milliseconds. */
export interface StoredMessage extends Omit<ParsedMessage, 'messageIdKey' | 'scheduledAtMs' | 'sessionId'> {
  readonly id: number;
  readonly sequence: number;
  readonly enqueueSequence: number;
  readonly enqueuedAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly deliveryCount: number;
  readonly onceScheduled: boolean;
  readonly deferred: boolean;
  /** In a queue of sessions. */
  readonly session: string | undefined;
}

/** What is read of each message at start, to build the indexes in memory. */
export interface MessageIndexRow {
  readonly id: number;
  readonly sequence: number;
  readonly dueAtMs: number | undefined;
  readonly lockToken: string | undefined;
  readonly lockedUntilMs: number;
  readonly deliveryCount: number;
  readonly deferred: boolean;
  readonly session: string | undefined;
}

export interface NewMessage {
  readonly entityId: number;
  readonly sequence: number;
  readonly message: ParsedMessage;
  readonly enqueuedAtMs: number;
  readonly dueAtMs: number | undefined;
  readonly session: string | undefined;
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
  readonly #statements: MessageStatements;
  /** The queues themselves. */
  readonly catalog: QueueCatalog;
  /** What the messages of each entity take. */
  readonly sizes: EntitySizes;
  readonly sessionStates: SessionStates;
  #open = false;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    createSchema(this.#database);
    this.#statements = prepareMessages(this.#database);
    this.sizes = new EntitySizes(this.#database);
    const begin = (): void => this.begin();
    this.sessionStates = new SessionStates(this.#database, begin);
    this.catalog = new QueueCatalog(this.#database, begin);
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
      yield indexRow(row);
    }
  }

  /** @returns the row's id */
  insert({ entityId, sequence, message, enqueuedAtMs, dueAtMs, session }: NewMessage): number {
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
        session ?? null,
        bytes,
      ).lastInsertRowid,
    );
    const { annotations, properties, applicationProperties, body } = message;
    const propertiesEnd = annotations.length + properties.length;
    this.#statements.insertPayload.run(
      id,
      message.durable ? 1 : 0,
      message.priority ?? null,
      message.ttlMs ?? null,
      annotations.length,
      propertiesEnd,
      propertiesEnd + applicationProperties.length,
      Buffer.concat([annotations, properties, applicationProperties, body]),
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
      yield storedMessage(row);
    }
  }

  /** The messages of one session from a sequence number on. */
  *ofSession(entityId: number, session: string, sequence: number): Generator<StoredMessage> {
    for (const row of this.#statements.ofSession.iterate(entityId, session, sequence)) {
      yield storedMessage(row);
    }
  }

  /** Up to `count` messages that nobody holds and whose time to live is over, the oldest first. */
  expired(entityId: number, nowMs: number, count: number): MessageIndexRow[] {
    return this.#statements.expired.all(entityId, nowMs, count).map(indexRow);
  }

  /** When the next message expires after a time, that of locked ones included. */
  nextExpiry(entityId: number, afterMs: number): number | undefined {
    return optionalInteger(this.#statements.nextExpiry.get(entityId, afterMs) ?? {}, 'expires_at');
  }

  lock(id: number, token: string, lockedUntilMs: number): void {
    this.begin();
    this.#statements.lock.run(token, lockedUntilMs, id);
  }

  unlock(id: number, deliveryCount: number): void {
    this.begin();
    this.#statements.unlock.run(deliveryCount, id);
  }

  /** Sets a message aside, unlocked. */
  defer(id: number, deliveryCount: number): void {
    this.begin();
    this.#statements.defer.run(deliveryCount, id);
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

  /** Rewrites the application-properties section of a message. */
  changeApplicationProperties(id: number, change: (section: Buffer) => Buffer): void {
    this.begin();
    const row = required(this.#statements.content.get(id), id);
    const [start, end] = [integerColumn(row, 'properties_end'), integerColumn(row, 'application_end')];
    const content = bytesColumn(row, 'content');
    const section = change(content.subarray(start, end));
    const changed = Buffer.concat([content.subarray(0, start), section, content.subarray(end)]);
    this.#statements.saveContent.run(start + section.length, changed, id);
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

function required(row: Row | undefined, key: string | number): Row {
  if (row === undefined) {
    throw new Error(`The Service Bus database has no row '${key}': the file was changed by someone else.`);
  }
  return row;
}
