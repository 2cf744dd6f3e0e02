import { canonicalText } from './canonical-text.ts';
import { openGroups } from './group-rows.ts';
import type { Position } from './continuation.ts';
import { sliceOf } from './evaluate-page.ts';
import { sortRows } from './order-page.ts';
import {
  framedRows,
  openRunFrame,
  pageCharacters,
  putRow,
  type Meter,
  type QueryPage,
  type QueryRun,
} from './query-run.ts';
import { visitRows } from './rows.ts';
import type { Value } from '../json.ts';

/** The whole answer of a query with groups, an aggregate or DISTINCT, as JSON texts: it is known at the end alone. */
export function makeDocuments(run: QueryRun, meter: Meter): readonly string[] {
  const [start, end] = sliceOf(run.numbers);
  const documents: string[] = [];
  const seen = new Set<string>();
  const { distinct } = run.compiled.query;
  for (const value of valuesOf(run, meter)) {
    const text = value === undefined || !distinct ? '' : canonicalText(value);
    if (value !== undefined && !(distinct && seen.has(text))) {
      seen.add(text);
      documents.push(JSON.stringify(value));
    }
    if (end !== undefined && documents.length >= end) {
      break;
    }
  }
  return documents.slice(start, end);
}

function* valuesOf(run: QueryRun, meter: Meter): Iterable<Value> {
  const { compiled } = run;
  const frame = openRunFrame(run);
  if (compiled.aggregated) {
    const groups = openGroups(compiled);
    for (const _row of framedRows(run, frame, meter, 0)) {
      visitRows(compiled, frame, () => {
        groups.add(frame);
        return false;
      });
    }
    yield* groups.results(frame);
  } else if (compiled.sortKeys.length > 0) {
    yield* orderedValues(run, meter);
  } else {
    for (const _row of framedRows(run, frame, meter, 0)) {
      const values: Value[] = [];
      visitRows(compiled, frame, () => {
        values.push(compiled.select(frame));
        return false;
      });
      yield* values;
    }
  }
}

/** DISTINCT leaves out rows, so that no bound on the rows can be told from TOP or LIMIT. */
function* orderedValues(run: QueryRun, meter: Meter): Iterable<Value> {
  const whole = { ...run, position: undefined, numbers: { top: undefined, offset: undefined, limit: undefined } };
  const frame = openRunFrame(run);
  const { places } = sortRows({ ...whole, pageSize: Number.MAX_SAFE_INTEGER }, meter);
  for (const place of places) {
    const row = run.rowAt(place.rowId);
    if (row !== undefined) {
      const values: Value[] = [];
      putRow(frame, row, run.compiled);
      visitRows(run.compiled, frame, () => {
        values.push(run.compiled.select(frame));
        return values.length === place.part;
      });
      yield values.at(-1);
    }
  }
}

/** A page of documents that were made before; the continuation counts them. */
export function documentsPage(
  run: QueryRun,
  documents: readonly string[],
  keptAs: string | undefined,
): Pick<QueryPage, 'documents' | 'next'> {
  const start = run.position?.toSkip ?? 0;
  const page: string[] = [];
  let characters = 0;
  for (let index = start; index < documents.length; index += 1) {
    const text = documents[index] ?? '';
    if (page.length > 0 && (page.length >= run.pageSize || characters >= pageCharacters)) {
      return { documents: page, next: positionAt(index, keptAs) };
    }
    page.push(text);
    characters += text.length;
  }
  return { documents: page, next: undefined };
}

function positionAt(index: number, keptAs: string | undefined): Position {
  return { rowId: 0, part: 0, sortKeys: [], toSkip: index, toTake: undefined, keptAs };
}
