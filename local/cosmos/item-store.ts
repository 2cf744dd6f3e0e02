import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { FilterHint } from './query/filter-hints.ts';

/** The items of one container in a table of its own. Times are epoch milliseconds. */
export interface StoredItem {
  readonly rowId: number;
  readonly id: string;
  readonly partitionKey: string;
  /** The item's JSON without system properties. */
  readonly body: string;
  readonly etag: string;
  readonly modifiedMs: number;
}

export interface ItemKey {
  readonly id: string;
  readonly partitionKey: string;
}

export interface ItemContent {
  readonly body: string;
  readonly etag: string;
  readonly modifiedMs: number;
  readonly ttlSeconds: number | undefined;
  readonly expiresMs: number | undefined;
}

interface ScanScope {
  readonly partitionKey: string | undefined;
  readonly behindRowId: number;
  readonly hints: readonly FilterHint[];
  readonly nowMs: number;
}

/** An item whose time is over is not there, for every reading function. */
export interface ItemStore {
  readonly find: (key: ItemKey, nowMs: number) => StoredItem | undefined;
  /** Takes the place of an expired item of the same key. Returns the new row id. */
  readonly insert: (key: ItemKey, content: ItemContent) => number;
  readonly update: (rowId: number, content: ItemContent) => void;
  readonly remove: (rowId: number) => void;
  /** In the order of the row ids. */
  readonly scan: (scope: ScanScope) => Iterable<StoredItem>;
  readonly count: (partitionKey: string | undefined) => number;
  /** Deletes up to `atMost` expired items and returns how many. */
  readonly sweep: (nowMs: number, atMost: number) => number;
  /** Sets all times of expiry anew, after the container's default has changed. */
  readonly applyDefaultTtl: (defaultTtlSeconds: number | undefined) => void;
  readonly drop: () => void;
}

export interface ItemStoreSettings {
  readonly database: DatabaseSync;
  readonly number: number;
  /** `/state`: paths of properties that equality filters shall find quickly. */
  readonly indexedPaths: readonly string[] | undefined;
  readonly partitionedById: boolean;
}

export function openItemStore(settings: ItemStoreSettings): ItemStore {
  const { database } = settings;
  const table = `items_${settings.number}`;
  createTable(settings, table);
  const columns = 'row_id, id, partition_key, body, etag, modified_ms';
  const find = database.prepare(
    `SELECT ${columns} FROM ${table} WHERE id = ? AND partition_key = ? AND (expires_ms IS NULL OR expires_ms > ?)`,
  );
  const removeKey = database.prepare(`DELETE FROM ${table} WHERE id = ? AND partition_key = ? AND expires_ms <= ?`);
  const insert = database.prepare(
    `INSERT INTO ${table} (row_id, id, partition_key, body, etag, modified_ms, ttl_seconds, expires_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = database.prepare(
    `UPDATE ${table} SET body = ?, etag = ?, modified_ms = ?, ttl_seconds = ?, expires_ms = ? WHERE row_id = ?`,
  );
  const remove = database.prepare(`DELETE FROM ${table} WHERE row_id = ?`);
  const sweep = database.prepare(
    `DELETE FROM ${table} WHERE row_id IN (SELECT row_id FROM ${table} WHERE expires_ms <= ? LIMIT ?)`,
  );
  const count = database.prepare(`SELECT count(*) AS total FROM ${table}`);
  const countKey = database.prepare(`SELECT count(*) AS total FROM ${table} WHERE partition_key = ?`);
  let lastRowId = integer(database.prepare(`SELECT coalesce(max(row_id), 0) AS last FROM ${table}`).get()?.['last']);
  return {
    find: (key, nowMs) => {
      const row = find.get(key.id, key.partitionKey, nowMs);
      return row === undefined ? undefined : readRow(row);
    },
    insert: (key, content) => {
      removeKey.run(key.id, key.partitionKey, content.modifiedMs);
      lastRowId += 1;
      insert.run(lastRowId, key.id, key.partitionKey, ...contentValues(content));
      return lastRowId;
    },
    update: (rowId, content) => {
      update.run(...contentValues(content), rowId);
    },
    remove: (rowId) => {
      remove.run(rowId);
    },
    scan: (scope) => scanTable(database, `SELECT ${columns} FROM ${table}`, scope),
    count: (key) => integer((key === undefined ? count.get() : countKey.get(key))?.['total']),
    sweep: (nowMs, atMost) => Number(sweep.run(nowMs, atMost).changes),
    applyDefaultTtl: (defaultTtlSeconds) => {
      applyDefaultTtl(database, table, defaultTtlSeconds);
    },
    drop: () => {
      database.exec(`DROP TABLE ${table}`);
    },
  };
}

function createTable({ database, indexedPaths, partitionedById }: ItemStoreSettings, table: string): void {
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
      UNIQUE (id, partition_key)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ${table}_expires ON ${table} (expires_ms) WHERE expires_ms IS NOT NULL;
  `);
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
}

/** A path of names as SQL. The names have been checked to be plain, so the text is safe to build in. */
function extraction(names: readonly string[]): string {
  return `json_extract(body, '$.${names.map((name) => `"${name}"`).join('.')}')`;
}

function* scanTable(database: DatabaseSync, select: string, scope: ScanScope): Iterable<StoredItem> {
  const conditions = ['row_id > ?', '(expires_ms IS NULL OR expires_ms > ?)'];
  const values: SQLInputValue[] = [scope.behindRowId, scope.nowMs];
  if (scope.partitionKey !== undefined) {
    conditions.push('partition_key = ?');
    values.push(scope.partitionKey);
  }
  for (const hint of scope.hints) {
    const condition = hintCondition(hint);
    if (condition !== undefined) {
      conditions.push(condition.text);
      values.push(...condition.values);
    }
  }
  const statement = database.prepare(`${select} WHERE ${conditions.join(' AND ')} ORDER BY row_id`);
  for (const row of statement.iterate(...values)) {
    yield readRow(row);
  }
}

/** System properties are not in the body, and odd names would need quoting: such hints are left to the evaluator. */
function hintCondition(hint: FilterHint): { text: string; values: SQLInputValue[] } | undefined {
  const { path } = hint;
  if (!path.every((name) => /^[A-Za-z]\w*$/u.test(name))) {
    return undefined;
  }
  const column = path.length === 1 && path[0] === 'id' ? 'id' : extraction(path);
  if (hint.kind === 'bound') {
    return { text: `${column} ${hint.operator} ?`, values: [hint.bound] };
  }
  const known = hint.values.filter((value) => value !== null);
  const parts: string[] = [];
  if (known.length > 0) {
    parts.push(`${column} IN (${known.map(() => '?').join(', ')})`);
  }
  if (known.length < hint.values.length) {
    parts.push(`${column} IS NULL`);
  }
  return {
    text: parts.length === 0 ? 'FALSE' : `(${parts.join(' OR ')})`,
    values: known.map((value) => (typeof value === 'boolean' ? Number(value) : value)),
  };
}

function contentValues(content: ItemContent): SQLInputValue[] {
  return [content.body, content.etag, content.modifiedMs, content.ttlSeconds ?? null, content.expiresMs ?? null];
}

function applyDefaultTtl(database: DatabaseSync, table: string, defaultTtlSeconds: number | undefined): void {
  const off = defaultTtlSeconds === undefined;
  const effective = `coalesce(ttl_seconds, ${off ? -1 : Math.trunc(defaultTtlSeconds)})`;
  const expires = off ? 'NULL' : `CASE WHEN ${effective} < 0 THEN NULL ELSE modified_ms + ${effective} * 1000 END`;
  database.exec(`UPDATE ${table} SET expires_ms = ${expires}`);
}

function readRow(row: Record<string, SQLOutputValue>): StoredItem {
  return {
    rowId: integer(row['row_id']),
    id: text(row['id']),
    partitionKey: text(row['partition_key']),
    body: text(row['body']),
    etag: text(row['etag']),
    modifiedMs: integer(row['modified_ms']),
  };
}

function integer(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') {
    throw new TypeError('A column that holds a whole number held something else.');
  }
  return value;
}

function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') {
    throw new TypeError('A column that holds text held something else.');
  }
  return value;
}
