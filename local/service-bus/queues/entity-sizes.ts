import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ParsedMessage } from '../amqp/message-sections.ts';
import { integerColumn, type Row } from './sqlite-row.ts';

/** What the messages of each entity take together, as they were sent: counted along, and read from SQLite once. */
export class EntitySizes {
  readonly #all: StatementSync;
  readonly #one: StatementSync;
  #bytes = new Map<number, number>();

  constructor(database: DatabaseSync) {
    this.#all = database.prepare('SELECT entity_id, sum(bytes) AS bytes FROM message GROUP BY entity_id');
    this.#one = database.prepare('SELECT entity_id, bytes FROM message WHERE id = ?');
    this.read();
  }

  /** After a rollback. */
  read(): void {
    this.#bytes = new Map(this.#all.all().map((row) => [integerColumn(row, 'entity_id'), integerColumn(row, 'bytes')]));
  }

  of(entityId: number): number {
    return this.#bytes.get(entityId) ?? 0;
  }

  grow(entityId: number, bytes: number): void {
    this.#bytes.set(entityId, this.of(entityId) + bytes);
  }

  /** @param removed `entity_id` and `bytes` of a message */
  shrink(removed: Row | undefined): void {
    if (removed !== undefined) {
      this.grow(integerColumn(removed, 'entity_id'), -integerColumn(removed, 'bytes'));
    }
  }

  /** Called before a message changes its entity. */
  move(id: number, toEntityId: number): void {
    const row = this.#one.get(id);
    if (row !== undefined) {
      this.shrink(row);
      this.grow(toEntityId, integerColumn(row, 'bytes'));
    }
  }

  forget(entityId: number): void {
    this.#bytes.delete(entityId);
  }
}

/** What a message takes in the sense of a queue's size. */
export function sizeOf({ annotations, properties, applicationProperties, body }: ParsedMessage): number {
  return annotations.length + properties.length + applicationProperties.length + body.length;
}
