import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { extraction } from './item-table.ts';
import type { PartitionScope } from '../containers/partition-key.ts';
import { integer, text } from './read-column.ts';
import type { FilterHint } from '../query/filter-hints.ts';

/** The items that a reader may see: of a partition key, of the keys below a prefix, or of all. */
export interface ItemScope {
  readonly partition: PartitionScope | undefined;
  readonly nowMs: number;
}

export interface ScanScope extends ItemScope {
  readonly behindRowId: number;
  readonly hints: readonly FilterHint[];
}

export interface ChangeScope extends ItemScope {
  readonly behindLsn: number;
  /** Changes of this time and later; epoch milliseconds. */
  readonly sinceMs: number;
}

type Rows = Iterable<Record<string, SQLOutputValue>>;

/** What a query needs of an item: as few columns as will do, since each costs about as much as reading the item. */
export interface ScannedItem {
  readonly rowId: number;
  readonly body: string;
  readonly etag: string;
  readonly modifiedMs: number;
}

const scanned = 'row_id, body, etag, modified_ms';

function readScanned(row: Record<number, SQLOutputValue>): ScannedItem {
  return { rowId: integer(row[0]), body: text(row[1]), etag: text(row[2]), modifiedMs: integer(row[3]) };
}

/** The item of a row id, as a query sees it. */
export function prepareAt(
  database: DatabaseSync,
  table: string,
): (rowId: number, nowMs: number) => ScannedItem | undefined {
  const statement = database.prepare(
    `SELECT ${scanned} FROM ${table} WHERE row_id = ? AND (expires_ms IS NULL OR expires_ms > ?)`,
  );
  statement.setReturnArrays(true);
  return (rowId, nowMs) => {
    const row = statement.get(rowId, nowMs);
    return row === undefined ? undefined : readScanned(row);
  };
}

/** In the order of the row ids. */
export function* scanItems(database: DatabaseSync, table: string, scope: ScanScope): Iterable<ScannedItem> {
  const conditions = [{ text: 'row_id > ?', values: [scope.behindRowId] }, ...visible(scope)];
  for (const hint of scope.hints) {
    const condition = hintCondition(hint);
    if (condition !== undefined) {
      conditions.push(condition);
    }
  }
  const select = `SELECT ${scanned} FROM ${table}`;
  const { statement, values } = prepareSelect(database, select, conditions, 'row_id');
  statement.setReturnArrays(true);
  for (const row of statement.iterate(...values)) {
    yield readScanned(row);
  }
}

/** In the order of the writes. */
export function scanChanges(database: DatabaseSync, select: string, scope: ChangeScope): Rows {
  const conditions: Condition[] = [{ text: 'lsn > ?', values: [scope.behindLsn] }, ...visible(scope)];
  if (scope.sinceMs > 0) {
    conditions.push({ text: 'modified_ms >= ?', values: [scope.sinceMs] });
  }
  const { statement, values } = prepareSelect(database, select, conditions, 'lsn');
  return statement.iterate(...values);
}

interface Condition {
  readonly text: string;
  readonly values: SQLInputValue[];
}

function prepareSelect(database: DatabaseSync, select: string, conditions: readonly Condition[], order: string) {
  const where = conditions.map((condition) => condition.text).join(' AND ');
  return {
    statement: database.prepare(`${select} WHERE ${where} ORDER BY ${order}`),
    values: conditions.flatMap((condition) => condition.values),
  };
}

/** A time to live that is over hides the item at once. */
function visible({ partition, nowMs }: ItemScope): readonly Condition[] {
  const alive: Condition = { text: '(expires_ms IS NULL OR expires_ms > ?)', values: [nowMs] };
  return partition === undefined ? [alive] : [alive, partitionCondition(partition)];
}

/** Keys below a prefix go on with a comma behind it; `-` is the character that follows. */
export function partitionCondition({ key, isPrefix }: PartitionScope): Condition {
  return isPrefix
    ? { text: 'partition_key >= ? AND partition_key < ?', values: [`${key},`, `${key}-`] }
    : { text: 'partition_key = ?', values: [key] };
}

/** System properties are not in the body, and odd names would need quoting: such hints are left to the evaluator. */
function hintCondition(hint: FilterHint): Condition | undefined {
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
