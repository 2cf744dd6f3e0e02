import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What SQLite alone does with the same rows in the same groups, per second. */
export interface SqliteFloor {
  readonly insertsPerSecond: number;
  readonly deletesPerSecond: number;
}

/**
 * Rows of `bytes` are written and deleted again in this process, in one table with no index but its key, in transactions
 * of `group` rows, with the same journal and synchronisation as the parts of the stack: WAL, synchronous=NORMAL.
 */
export function measureSqliteFloor(settings: {
  readonly folder: string;
  readonly rows: number;
  readonly bytes: number;
  readonly group: number;
}): SqliteFloor {
  const { rows, group } = settings;
  const database = new DatabaseSync(join(settings.folder, 'floor.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000');
  database.exec('CREATE TABLE floor (id INTEGER PRIMARY KEY, body BLOB NOT NULL)');
  const insert = database.prepare('INSERT INTO floor VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM floor WHERE id = ?');
  const body = Buffer.alloc(settings.bytes, 'x');
  const perSecond = (write: (id: number) => void): number => {
    const startMs = performance.now();
    for (let first = 0; first < rows; first += group) {
      database.exec('BEGIN IMMEDIATE');
      for (let id = first; id < Math.min(rows, first + group); id += 1) {
        write(id);
      }
      database.exec('COMMIT');
    }
    return (rows * 1000) / (performance.now() - startMs);
  };
  try {
    const insertsPerSecond = perSecond((id) => insert.run(id, body));
    return { insertsPerSecond, deletesPerSecond: perSecond((id) => remove.run(id)) };
  } finally {
    database.close();
  }
}
