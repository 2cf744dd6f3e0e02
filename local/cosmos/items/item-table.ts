import type { DatabaseSync } from 'node:sqlite';

export interface ItemTableSettings {
  readonly database: DatabaseSync;
  readonly number: number;
  /** `/state`: paths of properties that equality filters shall find quickly. */
  readonly indexedPaths: readonly string[] | undefined;
  readonly partitionedById: boolean;
  /** The names on the paths of each unique key. */
  readonly uniqueKeys: readonly (readonly (readonly string[])[])[];
}

/** Creates the table of a container's items, or brings one of an earlier version in line. Returns its name. */
export function createItemTable(settings: ItemTableSettings): string {
  const { database, indexedPaths, partitionedById, uniqueKeys } = settings;
  const table = `items_${settings.number}`;
  database.exec(`
    CREATE TABLE IF NOT EXISTS ${table} (
      row_id INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      partition_key TEXT NOT NULL,
      etag TEXT NOT NULL,
      modified_ms INTEGER NOT NULL,
      ttl_seconds INTEGER,
      expires_ms INTEGER,
      body TEXT NOT NULL,
      lsn INTEGER NOT NULL DEFAULT 0,
      UNIQUE (id, partition_key)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ${table}_expires ON ${table} (expires_ms) WHERE expires_ms IS NOT NULL;
  `);
  addLsn(database, table);
  if (!partitionedById) {
    database.exec(`CREATE INDEX IF NOT EXISTS ${table}_partition ON ${table} (partition_key)`);
  }
  for (const path of indexedPaths ?? []) {
    const names = path.split('/').filter((name) => !['', '?'].includes(name));
    if (names.length > 0 && names.every((name) => /^[A-Za-z_]\w*$/u.test(name))) {
      const value = extraction(names);
      const index = `${table}_on_${names.join('_')}`;
      database.exec(`CREATE INDEX IF NOT EXISTS ${index} ON ${table} (${value}) WHERE ${value} IS NOT NULL`);
    }
  }
  for (const [index, paths] of uniqueKeys.entries()) {
    const values = paths.map(uniqueValue).join(', ');
    database.exec(`CREATE INDEX IF NOT EXISTS ${table}_unique_${index} ON ${table} (partition_key, ${values})`);
  }
  return table;
}

/** The order of the writes, for the change feed; made when it is first read, so that others do not pay for it. */
export function createLsnIndex(database: DatabaseSync, table: string): void {
  database.exec(`CREATE INDEX IF NOT EXISTS ${table}_lsn ON ${table} (lsn)`);
}

/** A path of names as SQL. The names have been checked to be plain, so the text is safe to build in. */
export function extraction(names: readonly string[]): string {
  return `json_extract(body, '$.${names.map((name) => `"${name}"`).join('.')}')`;
}

/**
 * The value at a path of a unique key as JSON text, so that `1`, `"1"` and `true` differ; what is missing counts as null
 * (learn.microsoft.com/azure/cosmos-db/unique-keys). The names hold no `"` and no `\`.
 */
export function uniqueValue(names: readonly string[]): string {
  const path = names.map((name) => `"${name.replaceAll("'", "''")}"`).join('.');
  return `coalesce(body -> '$.${path}', 'null')`;
}

/** Tables of earlier versions have no `lsn`; their rows were all written before any that will be. */
function addLsn(database: DatabaseSync, table: string): void {
  const columns = database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
  if (!columns.some((column) => column['name'] === 'lsn')) {
    database.exec(`ALTER TABLE ${table} ADD COLUMN lsn INTEGER NOT NULL DEFAULT 0; UPDATE ${table} SET lsn = row_id;`);
  }
}
