import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { z } from 'zod';
import type { QueueSettings } from './queue-settings.ts';
import { booleanColumn, integerColumn, optionalInteger } from './sqlite-row.ts';

/** What is kept of a queue beside its messages. Times are epoch milliseconds. */
export interface QueueRecord {
  readonly settings: QueueSettings;
  /** It exists because it was declared at start, and no longer than it is. */
  readonly isDeclared: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly accessedAtMs: number | undefined;
}

const settingsSchema = z.object({
  name: z.string(),
  lockDurationMs: z.number().optional(),
  maxDeliveryCount: z.number().optional(),
  duplicateDetectionWindowMs: z.number().optional(),
  defaultMessageTtlMs: z.number().optional(),
  deadLetterOnExpiration: z.boolean().optional(),
  requiresSession: z.boolean().optional(),
  maxMessageBytes: z.number().optional(),
  maxSizeBytes: z.number().optional(),
  userMetadata: z.string().optional(),
  batchesOperations: z.boolean().optional(),
});

/** The queues in SQLite, by name in lower case. Writes happen in the transaction that `begin` makes sure of. */
export class QueueCatalog {
  readonly #begin: () => void;
  readonly #all: StatementSync;
  readonly #save: StatementSync;
  readonly #remove: StatementSync;
  readonly #clear: readonly StatementSync[];

  constructor(database: DatabaseSync, begin: () => void) {
    database.exec(`
      CREATE TABLE IF NOT EXISTS queue (
        name TEXT PRIMARY KEY,
        settings TEXT NOT NULL,
        is_declared INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        accessed_at INTEGER
      ) WITHOUT ROWID;
    `);
    this.#begin = begin;
    this.#all = database.prepare('SELECT * FROM queue ORDER BY name');
    this.#save = database.prepare('INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM queue WHERE name = ?');
    this.#clear = [
      'DELETE FROM payload WHERE id IN (SELECT id FROM message WHERE entity_id = ?)',
      'DELETE FROM message WHERE entity_id = ?',
      'DELETE FROM seen_id WHERE entity_id = ?',
    ].map((text) => database.prepare(text));
  }

  all(): QueueRecord[] {
    return this.#all.all().map((row) => ({
      settings: settingsSchema.parse(JSON.parse(String(row['settings']))),
      isDeclared: booleanColumn(row, 'is_declared'),
      createdAtMs: integerColumn(row, 'created_at'),
      updatedAtMs: integerColumn(row, 'updated_at'),
      accessedAtMs: optionalInteger(row, 'accessed_at'),
    }));
  }

  save({ settings, isDeclared, createdAtMs, updatedAtMs, accessedAtMs }: QueueRecord): void {
    this.#begin();
    const name = settings.name.toLowerCase();
    const text = JSON.stringify(settings);
    this.#save.run(name, text, isDeclared ? 1 : 0, createdAtMs, updatedAtMs, accessedAtMs ?? null);
  }

  /** @param name in lower case */
  remove(name: string): void {
    this.#begin();
    this.#remove.run(name);
  }

  /** Removes everything that an entity holds. Its sequence numbers go on where they were. */
  clear(entityId: number): void {
    this.#begin();
    for (const statement of this.#clear) {
      statement.run(entityId);
    }
  }
}
