import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { extraction } from './item-table.ts';
import type { PartitionScope } from './partition-key.ts';
import type { FilterHint } from './query/filter-hints.ts';

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

/** In the order of the row ids. */
export function scanItems(database: DatabaseSync, select: string, scope: ScanScope): Rows {
  const conditions = [{ text: 'row_id > ?', values: [scope.behindRowId] }, ...visible(scope)];
  for (const hint of scope.hints) {
    const condition = hintCondition(hint);
    if (condition !== undefined) {
      conditions.push(condition);
    }
  }
  return selectRows(database, select, conditions, 'row_id');
}

/** In the order of the writes. */
export function scanChanges(database: DatabaseSync, select: string, scope: ChangeScope): Rows {
  const conditions: Condition[] = [{ text: 'lsn > ?', values: [scope.behindLsn] }, ...visible(scope)];
  if (scope.sinceMs > 0) {
    conditions.push({ text: 'modified_ms >= ?', values: [scope.sinceMs] });
  }
  return selectRows(database, select, conditions, 'lsn');
}

interface Condition {
  readonly text: string;
  readonly values: SQLInputValue[];
}

function selectRows(database: DatabaseSync, select: string, conditions: readonly Condition[], order: string): Rows {
  const text = conditions.map((condition) => condition.text).join(' AND ');
  const statement = database.prepare(`${select} WHERE ${text} ORDER BY ${order}`);
  return statement.iterate(...conditions.flatMap((condition) => condition.values));
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
