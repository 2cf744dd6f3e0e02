import { parseJson, type Json, type Value } from '../json.ts';
import { orderValues } from './compare-values.ts';
import type { Scope } from './compile-expression.ts';
import type { CompiledQuery } from './compile-query.ts';
import type { Position } from './continuation.ts';
import type { PageNumbers } from './query-plan.ts';
import { runAggregates } from './run-aggregates.ts';

/** One item as the store hands it out: its JSON text, and the same parsed. Row ids rise with the order of insertion. */
export interface QueryRow {
  readonly rowId: number;
  readonly text: string;
  readonly item: () => Json;
}

/** A row that is parsed when it is looked at, once. */
export function openRow(rowId: number, text: string): QueryRow {
  let item: Json | undefined;
  return { rowId, text, item: () => (item ??= parseJson(text)) };
}

export interface QueryRun {
  readonly compiled: CompiledQuery;
  /** The candidates behind the row id, in the order of their row ids. */
  readonly rowsBehind: (rowId: number) => Iterable<QueryRow>;
  readonly parameters: ReadonlyMap<string, Json>;
  readonly numbers: PageNumbers;
  /** Most documents on the page; the page is also cut at `pageBytes`. */
  readonly pageSize: number;
  readonly position: Position | undefined;
}

export interface QueryPage {
  /** JSON texts. */
  readonly documents: readonly string[];
  readonly next: Position | undefined;
  /** Rows looked at, and the characters of JSON in them, for the request charge. */
  readonly rowsLoaded: number;
  readonly charactersLoaded: number;
}

/** The service answers at most 4 MB a page (learn.microsoft.com/azure/cosmos-db/concepts-limits). */
const pageCharacters = 4 * 1024 * 1024;

export function runQuery(run: QueryRun): QueryPage {
  const meter = { rowsLoaded: 0, charactersLoaded: 0 };
  const rows = matchingRows(run, meter);
  if (run.compiled.aggregated) {
    const documents = runAggregates(run.compiled, rows, run.parameters);
    return { documents: documents.slice(...sliceOf(run.numbers)), next: undefined, ...meter };
  }
  const front = run.compiled.sortKeys.length > 0 ? sorted(run, rows) : { candidates: unsorted(rows), isCut: false };
  const page = takePage(run, front);
  return { ...page, ...meter };
}

interface Candidate {
  readonly row: QueryRow;
  readonly keys: readonly Value[];
}

/** The candidates for a page; more than these exist when it is cut. */
interface Front {
  readonly candidates: Iterable<Candidate>;
  readonly isCut: boolean;
}

function* matchingRows(run: QueryRun, meter: { rowsLoaded: number; charactersLoaded: number }): Iterable<QueryRow> {
  const ordered = run.compiled.sortKeys.length > 0;
  for (const row of run.rowsBehind(ordered ? 0 : (run.position?.rowId ?? 0))) {
    meter.rowsLoaded += 1;
    meter.charactersLoaded += row.text.length;
    if (run.compiled.matches === undefined || run.compiled.matches(scopeOf(run, row))) {
      yield row;
    }
  }
}

function scopeOf(run: QueryRun, row: QueryRow): Scope {
  return { item: row.item(), parameters: run.parameters, aggregates: [] };
}

function* unsorted(rows: Iterable<QueryRow>): Iterable<Candidate> {
  for (const row of rows) {
    yield { row, keys: [] };
  }
}

/**
 * Only the front of the order is kept while the rows go by, so that a page out of many rows takes little memory.
 * Equal keys go by row id, downwards as soon as one key is descending: the SDK counts on it when it resumes
 * (`@azure/cosmos`, RidSkipCountFilter).
 */
function sorted(run: QueryRun, rows: Iterable<QueryRow>): Front {
  const compare = orderOf(run.compiled);
  const { position, numbers } = run;
  const start =
    position === undefined ? undefined : { rowId: position.rowId, keys: position.sortKeys.map(([key]) => key) };
  const toSkip = position?.toSkip ?? numbers.offset ?? 0;
  const wanted = toSkip + Math.min(run.pageSize, numbers.top ?? numbers.limit ?? run.pageSize) + 1;
  const candidates: (Candidate & Place)[] = [];
  let isCut = false;
  for (const row of rows) {
    const scope = scopeOf(run, row);
    const keys = run.compiled.sortKeys.map((key) => key(scope));
    const candidate = { row: openRow(row.rowId, row.text), rowId: row.rowId, keys };
    if (start === undefined || compare(candidate, start) > 0) {
      candidates.push(candidate);
    }
    if (candidates.length > 2 * wanted + 1000) {
      candidates.sort(compare).splice(wanted);
      isCut = true;
    }
  }
  return { candidates: candidates.sort(compare), isCut };
}

interface Place {
  readonly rowId: number;
  readonly keys: readonly Value[];
}

function orderOf({ query }: CompiledQuery): (left: Place, right: Place) => number {
  const directions = query.orderBy.map((ordering) => (ordering.descending ? -1 : 1));
  const rowDirection = directions.includes(-1) ? -1 : 1;
  return (left, right) => {
    for (const [index, direction] of directions.entries()) {
      const order = orderValues(left.keys[index], right.keys[index]) * direction;
      if (order !== 0) {
        return order;
      }
    }
    return (left.rowId - right.rowId) * rowDirection;
  };
}

function takePage(run: QueryRun, { candidates, isCut }: Front): Pick<QueryPage, 'documents' | 'next'> {
  const { numbers, position } = run;
  let toSkip = position?.toSkip ?? numbers.offset ?? 0;
  let toTake = position === undefined ? (numbers.top ?? numbers.limit) : position.toTake;
  const documents: string[] = [];
  let characters = 0;
  let last: Candidate | undefined;
  for (const candidate of toTake === 0 ? [] : candidates) {
    if (last !== undefined && (documents.length >= run.pageSize || characters >= pageCharacters)) {
      return { documents, next: positionOf(last, toSkip, toTake) };
    }
    last = candidate;
    if (toSkip > 0) {
      toSkip -= 1;
      continue;
    }
    const text = textOf(run, candidate.row);
    if (text !== undefined) {
      documents.push(text);
      characters += text.length;
      toTake = toTake === undefined ? undefined : toTake - 1;
      if (toTake === 0) {
        break;
      }
    }
  }
  return {
    documents,
    next: isCut && toTake !== 0 && last !== undefined ? positionOf(last, toSkip, toTake) : undefined,
  };
}

function textOf(run: QueryRun, row: QueryRow): string | undefined {
  return run.compiled.selectsItem ? row.text : JSON.stringify(run.compiled.select(scopeOf(run, row)));
}

function positionOf({ row, keys }: Candidate, toSkip: number, toTake: number | undefined): Position {
  const sortKeys = keys.map((key) => (key === undefined ? ([] as const) : ([key] as const)));
  return { rowId: row.rowId, sortKeys, toSkip, toTake };
}

function sliceOf({ top, offset, limit }: PageNumbers): readonly [number, number | undefined] {
  const start = offset ?? 0;
  return [start, top ?? (limit === undefined ? undefined : start + limit)];
}
