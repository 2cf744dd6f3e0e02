import type { Value } from '../json.ts';
import { compareKeys } from './compare-keys.ts';
import type { CompiledQuery } from './compile-query.ts';
import type { Position } from './continuation.ts';
import {
  framedRows,
  openPageTaker,
  openRunFrame,
  putRow,
  textOf,
  type Meter,
  type QueryPage,
  type QueryRun,
} from './query-run.ts';
import { visitRows } from './rows.ts';

/** Where a row stands in the order: its keys, and where it comes from. */
interface Place {
  readonly rowId: number;
  readonly part: number;
  readonly keys: readonly Value[];
}

/** The front of an order; more rows exist behind it when it is cut. */
export interface Front {
  readonly places: readonly Place[];
  readonly isCut: boolean;
}

/** Only so many places are kept while the rows go by, so that a page out of very many rows takes bounded memory. */
const mostPlaces = 250_000;

/**
 * Equal keys go by row id, downwards as soon as one key is descending: the SDK counts on it when it resumes
 * (`@azure/cosmos`, RidSkipCountFilter).
 */
function orderOf({ sortKeys }: CompiledQuery): (left: Place, right: Place) => number {
  const rowDirection = sortKeys.some((key) => key.direction === -1) ? -1 : 1;
  return (left, right) => {
    const order = compareKeys(sortKeys, left.keys, right.keys);
    if (order !== 0) {
      return order;
    }
    return left.rowId === right.rowId ? left.part - right.part : (left.rowId - right.rowId) * rowDirection;
  };
}

/** Sorts what lies behind the position of the run. */
export function sortRows(run: QueryRun, meter: Meter): Front {
  const { compiled, position, numbers } = run;
  const compare = orderOf(compiled);
  const start = position === undefined ? undefined : placeOf(position);
  const toSkip = position?.toSkip ?? numbers.offset ?? 0;
  const toTake = position === undefined ? (numbers.top ?? numbers.limit) : position.toTake;
  const wanted = Math.min(toSkip + (toTake ?? Infinity) + 1, Math.max(toSkip + run.pageSize + 1, mostPlaces));
  const frame = openRunFrame(run);
  const places: Place[] = [];
  let isCut = false;
  for (const { rowId } of framedRows(run, frame, meter, 0)) {
    let part = 0;
    visitRows(compiled, frame, () => {
      part += 1;
      const keys = compiled.sortKeys.map((key) => key.evaluate(frame));
      const place = { rowId, part, keys };
      const isThere = keys.every((key, index) => key !== undefined || compiled.sortKeys[index]?.isRequired === false);
      if (isThere && (start === undefined || compare(place, start) > 0)) {
        places.push(place);
      }
      return false;
    });
    if (places.length > 2 * wanted + 1000) {
      places.sort(compare).splice(wanted);
      isCut = true;
    }
  }
  return { places: places.sort(compare), isCut };
}

function placeOf({ rowId, part, sortKeys }: Position): Place {
  return { rowId, part, keys: sortKeys.map(([key]) => key) };
}

/** A page out of a front, which may have been sorted for an earlier page of the same query. */
export function orderPage(
  run: QueryRun,
  { places, isCut }: Front,
  meter: Meter,
): Pick<QueryPage, 'documents' | 'next'> {
  const { position } = run;
  const taker = openPageTaker(run);
  const frame = openRunFrame(run);
  let last: Place | undefined;
  const start = position === undefined ? 0 : firstBehind(places, placeOf(position), orderOf(run.compiled));
  for (let index = start; index < places.length && !taker.isDone(); index += 1) {
    const place = places[index];
    const row = place === undefined ? undefined : run.rowAt(place.rowId);
    if (place === undefined || row === undefined) {
      continue;
    }
    if (last !== undefined && taker.isFull()) {
      return { documents: taker.documents, next: positionOf(last, taker.left()) };
    }
    last = place;
    meter.rowsLoaded += 1;
    meter.charactersLoaded += row.characters;
    putRow(frame, row, run.compiled);
    let part = 0;
    visitRows(run.compiled, frame, () => {
      part += 1;
      return part === place.part && (taker.take(() => textOf(run, frame, row)) || true);
    });
  }
  if (!isCut || taker.isDone() || last === undefined) {
    return { documents: taker.documents, next: undefined };
  }
  return { documents: taker.documents, next: positionOf(last, taker.left()) };
}

/** Whether a page from here on has to be sorted out of rows that are no longer in the front. */
export function isSpent({ compiled, position }: QueryRun, { places, isCut }: Front): boolean {
  return isCut && position !== undefined && firstBehind(places, placeOf(position), orderOf(compiled)) >= places.length;
}

/** The index of the first place behind a given one, which need not be there. */
function firstBehind(places: readonly Place[], start: Place, compare: (left: Place, right: Place) => number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const place = places[middle];
    if (place !== undefined && compare(place, start) > 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

function positionOf({ rowId, part, keys }: Place, left: Pick<Position, 'toSkip' | 'toTake'>): Position {
  const sortKeys = keys.map((key) => (key === undefined ? ([] as const) : ([key] as const)));
  return { rowId, part, sortKeys, ...left };
}
