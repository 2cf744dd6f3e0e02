import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { createItemTable, createLsnIndex, uniqueValue, type ItemTableSettings } from './item-table.ts';
import type { PartitionScope } from '../containers/partition-key.ts';
import { integer, text } from './read-column.ts';
import { partitionCondition, prepareAt, scanChanges, scanItems } from './scan-items.ts';
import type { ChangeScope, ScannedItem, ScanScope } from './scan-items.ts';

/** The items of one container in a table of its own. Times are epoch milliseconds. */
export interface StoredItem {
  readonly rowId: number;
  readonly id: string;
  readonly partitionKey: string;
  /** The item's JSON without system properties. */
  readonly body: string;
  readonly etag: string;
  readonly modifiedMs: number;
  /** The number of the write; rises in the container. */
  readonly lsn: number;
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
  readonly lsn: number;
}

/** Another item of the partition that has the same values at the paths of a unique key. */
export interface UniqueClaim {
  readonly partitionKey: string;
  readonly body: string;
  readonly nowMs: number;
  /** The row that is about to be overwritten. */
  readonly exceptRowId: number | undefined;
}

/** An item whose time is over is not there, for every reading function. */
export interface ItemStore {
  readonly find: (key: ItemKey, nowMs: number) => StoredItem | undefined;
  readonly at: (rowId: number, nowMs: number) => ScannedItem | undefined;
  /** Takes the place of an expired item of the same key. Returns the new row id. */
  readonly insert: (key: ItemKey, content: ItemContent) => number;
  readonly update: (rowId: number, content: ItemContent) => void;
  readonly remove: (rowId: number) => void;
  /** The id of the item in a row, expired or not. */
  readonly nameOf: (rowId: number) => string | undefined;
  /** Whether an item would break a unique key. */
  readonly breaksUniqueKey: (claim: UniqueClaim) => boolean;
  /** In the order of the row ids. */
  readonly scan: (scope: ScanScope) => Iterable<ScannedItem>;
  /** In the order of the writes, each item at its latest. */
  readonly changes: (scope: ChangeScope) => Iterable<StoredItem>;
  readonly count: (partition: PartitionScope | undefined) => number;
  /** Deletes up to `atMost` expired items and returns how many. */
  readonly sweep: (nowMs: number, atMost: number) => number;
  /** Sets all times of expiry anew, after the container's default has changed. */
  readonly applyDefaultTtl: (defaultTtlSeconds: number | undefined) => void;
  readonly drop: () => void;
}

const columns = 'row_id, id, partition_key, body, etag, modified_ms, lsn';

export function openItemStore(settings: ItemTableSettings): ItemStore {
  const { database } = settings;
  const table = createItemTable(settings);
  const { at, find, insert, name, remove, removeExpired, sweep, update } = prepareStatements(database, table);
  const select = `SELECT ${columns} FROM ${table}`;
  let lastRowId = integer(database.prepare(`SELECT coalesce(max(row_id), 0) AS last FROM ${table}`).get()?.['last']);
  return {
    find: (key, nowMs) => readFound(find.get(key.id, key.partitionKey, nowMs)),
    at,
    insert: (key, content) => {
      removeExpired.run(key.id, key.partitionKey, content.modifiedMs);
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
    nameOf: (rowId) => {
      const row = name.get(rowId);
      return row === undefined ? undefined : text(row['id']);
    },
    breaksUniqueKey: openUniqueCheck(settings, table),
    scan: (scope) => scanItems(database, table, scope),
    changes: (scope) => {
      createLsnIndex(database, table);
      return rowsOf(scanChanges(database, select, scope));
    },
    count: (partition) => countItems(database, table, partition),
    sweep: (nowMs, atMost) => Number(sweep.run(nowMs, atMost).changes),
    applyDefaultTtl: (defaultTtlSeconds) => {
      applyDefaultTtl(database, table, defaultTtlSeconds);
    },
    drop: () => {
      database.exec(`DROP TABLE ${table}`);
    },
  };
}

function prepareStatements(database: DatabaseSync, table: string) {
  const alive = '(expires_ms IS NULL OR expires_ms > ?)';
  return {
    find: database.prepare(`SELECT ${columns} FROM ${table} WHERE id = ? AND partition_key = ? AND ${alive}`),
    at: prepareAt(database, table),
    name: database.prepare(`SELECT id FROM ${table} WHERE row_id = ?`),
    removeExpired: database.prepare(`DELETE FROM ${table} WHERE id = ? AND partition_key = ? AND expires_ms <= ?`),
    insert: database.prepare(
      `INSERT INTO ${table} (row_id, id, partition_key, body, etag, modified_ms, ttl_seconds, expires_ms, lsn)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    update: database.prepare(
      `UPDATE ${table} SET body = ?, etag = ?, modified_ms = ?, ttl_seconds = ?, expires_ms = ?, lsn = ?
       WHERE row_id = ?`,
    ),
    remove: database.prepare(`DELETE FROM ${table} WHERE row_id = ?`),
    sweep: database.prepare(
      `DELETE FROM ${table} WHERE row_id IN (SELECT row_id FROM ${table} WHERE expires_ms <= ? LIMIT ?)`,
    ),
  };
}

/** The values of the item to be are extracted by the same expressions as those that are indexed. */
function openUniqueCheck({ database, uniqueKeys }: ItemTableSettings, table: string): ItemStore['breaksUniqueKey'] {
  const statements = uniqueKeys.map((paths) => {
    const values = paths.map(uniqueValue);
    const own = values.map((value, index) => `${value} AS own_${index}`).join(', ');
    const same = values.map((value, index) => `${value} = own_${index}`).join(' AND ');
    return database.prepare(
      `SELECT 1 AS found FROM (SELECT ${own} FROM (SELECT ? AS body)) CROSS JOIN ${table}
       WHERE partition_key = ? AND ${same} AND row_id <> ? AND (expires_ms IS NULL OR expires_ms > ?) LIMIT 1`,
    );
  });
  return ({ partitionKey, body, nowMs, exceptRowId }) =>
    statements.some((statement) => statement.get(body, partitionKey, exceptRowId ?? -1, nowMs) !== undefined);
}

function countItems(database: DatabaseSync, table: string, partition: PartitionScope | undefined): number {
  const condition = partition === undefined ? { text: 'TRUE', values: [] } : partitionCondition(partition);
  const row = database
    .prepare(`SELECT count(*) AS total FROM ${table} WHERE ${condition.text}`)
    .get(...condition.values);
  return integer(row?.['total']);
}

function* rowsOf(rows: Iterable<Record<string, SQLOutputValue>>): Iterable<StoredItem> {
  for (const row of rows) {
    yield readRow(row);
  }
}

function contentValues(content: ItemContent): SQLInputValue[] {
  const { body, etag, modifiedMs, ttlSeconds, expiresMs, lsn } = content;
  return [body, etag, modifiedMs, ttlSeconds ?? null, expiresMs ?? null, lsn];
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
    lsn: integer(row['lsn']),
  };
}

function readFound(row: Record<string, SQLOutputValue> | undefined): StoredItem | undefined {
  return row === undefined ? undefined : readRow(row);
}
