import type { Json, Value } from '../json.ts';
import { openAccumulator, type Accumulator } from './aggregate.ts';
import type { CompiledQuery } from './compile-query.ts';
import type { QueryRow } from './run-query.ts';

interface Group {
  readonly item: Value;
  readonly accumulators: readonly Accumulator[];
}

/** The JSON texts of an aggregated query: one row, or one for each group in the order of their first items. */
export function runAggregates(
  compiled: CompiledQuery,
  rows: Iterable<QueryRow>,
  parameters: ReadonlyMap<string, Json>,
): readonly string[] {
  const groups = new Map<string, Group>();
  const open = (key: string, item: Value): Group => {
    const group = { item, accumulators: compiled.slots.map((slot) => openAccumulator(slot.name)) };
    groups.set(key, group);
    return group;
  };
  for (const row of rows) {
    const scope = { item: row.item(), parameters, aggregates: [] };
    const key = keyOf(compiled.groupKeys.map((groupKey) => groupKey(scope)));
    const group = groups.get(key) ?? open(key, scope.item);
    for (const [index, slot] of compiled.slots.entries()) {
      group.accumulators[index]?.add(slot.argument(scope));
    }
  }
  if (groups.size === 0 && compiled.groupKeys.length === 0) {
    open('', undefined);
  }
  const documents: string[] = [];
  for (const group of groups.values()) {
    const aggregates = group.accumulators.map((accumulator) => accumulator.result());
    const text = JSON.stringify(compiled.select({ item: group.item, parameters, aggregates }));
    if (text !== undefined) {
      documents.push(text);
    }
  }
  return documents;
}

/** An undefined key is a group of its own, beside null. */
function keyOf(values: readonly Value[]): string {
  return JSON.stringify(values.map((value) => (value === undefined ? [] : [value])));
}
