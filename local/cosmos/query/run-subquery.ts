import type { Json, Value } from '../json.ts';
import { canonicalText } from './canonical-text.ts';
import { compareKeys } from './compare-keys.ts';
import type { CompiledQuery } from './compile-query.ts';
import { evaluatePage, sliceOf } from './evaluate-page.ts';
import type { Frame } from './frame.ts';
import { openGroups } from './group-rows.ts';
import { visitRows } from './rows.ts';

/** The values of a query inside another one, for the row that the frame holds, at most as many as are asked for. */
export function runSubquery(compiled: CompiledQuery, frame: Frame, atMost: number): readonly Json[] {
  const [start, end = Number.MAX_SAFE_INTEGER] = sliceOf(evaluatePage(compiled, frame));
  const wanted = Math.min(end, start + atMost);
  const isOrdered = compiled.sortKeys.length > 0;
  const stopAt = isOrdered || compiled.aggregated ? Number.MAX_SAFE_INTEGER : wanted;
  const results = openResults(compiled.query.distinct);
  if (compiled.aggregated) {
    for (const value of aggregated(compiled, frame)) {
      results.add(value);
    }
  } else if (isOrdered) {
    for (const { value } of ordered(compiled, frame)) {
      results.add(value);
    }
  } else if (wanted > 0) {
    visitRows(compiled, frame, () => results.add(compiled.select(frame)) >= stopAt);
  }
  return results.values.slice(start, wanted);
}

function openResults(distinct: boolean): { readonly values: readonly Json[]; readonly add: (value: Value) => number } {
  const values: Json[] = [];
  const seen = new Set<string>();
  return {
    values,
    add: (value) => {
      const text = value === undefined || !distinct ? '' : canonicalText(value);
      if (value !== undefined && !(distinct && seen.has(text))) {
        seen.add(text);
        values.push(value);
      }
      return values.length;
    },
  };
}

function aggregated(compiled: CompiledQuery, frame: Frame): Iterable<Value> {
  const groups = openGroups(compiled);
  visitRows(compiled, frame, () => {
    groups.add(frame);
    return false;
  });
  return groups.results(frame);
}

function ordered(compiled: CompiledQuery, frame: Frame): readonly { readonly value: Value }[] {
  const rows: { readonly value: Value; readonly keys: readonly Value[] }[] = [];
  visitRows(compiled, frame, () => {
    const keys = compiled.sortKeys.map((key) => key.evaluate(frame));
    if (keys.every((key, index) => key !== undefined || compiled.sortKeys[index]?.isRequired === false)) {
      rows.push({ value: compiled.select(frame), keys });
    }
    return false;
  });
  return rows.toSorted((left, right) => compareKeys(compiled.sortKeys, left.keys, right.keys));
}
