import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { bytesColumn } from './sqlite-row.ts';

/** What receivers keep with a session: bytes that outlive its messages. */
export class SessionStates {
  readonly #begin: () => void;
  readonly #read: StatementSync;
  readonly #save: StatementSync;
  readonly #clear: StatementSync;

  /** @param begin opens the transaction in which a change is made */
  constructor(database: DatabaseSync, begin: () => void) {
    this.#begin = begin;
    this.#read = database.prepare('SELECT state FROM session_state WHERE entity_id = ? AND session = ?');
    this.#save = database.prepare('INSERT OR REPLACE INTO session_state (entity_id, session, state) VALUES (?, ?, ?)');
    this.#clear = database.prepare('DELETE FROM session_state WHERE entity_id = ? AND session = ?');
  }

  read(entityId: number, session: string): Buffer | undefined {
    const row = this.#read.get(entityId, session);
    return row === undefined ? undefined : bytesColumn(row, 'state');
  }

  /** @param state undefined clears it */
  save(entityId: number, session: string, state: Buffer | undefined): void {
    this.#begin();
    if (state === undefined) {
      this.#clear.run(entityId, session);
    } else {
      this.#save.run(entityId, session, state);
    }
  }
}
