import type { CompiledQuery } from './compile-query.ts';
import type { Position } from './continuation.ts';
import type { PageNumbers } from './evaluate-page.ts';
import { itemPlace, openFrame, type Frame, type Surroundings } from './frame.ts';
import type { QueryRow } from './rows.ts';

/** One page of a query, as it is asked for. */
export interface QueryRun {
  readonly compiled: CompiledQuery;
  /** The candidates behind the row id, in the order of their row ids. */
  readonly rowsBehind: (rowId: number) => Iterable<QueryRow>;
  readonly rowAt: (rowId: number) => QueryRow | undefined;
  readonly surroundings: Surroundings;
  readonly numbers: PageNumbers;
  /** Most documents on the page; the page is also cut at `pageCharacters`. */
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
export const pageCharacters = 4 * 1024 * 1024;

export interface Meter {
  rowsLoaded: number;
  charactersLoaded: number;
}

/** The rows behind a row id, counted, each in the frame when its turn comes. */
export function* framedRows(run: QueryRun, frame: Frame, meter: Meter, behindRowId: number): Iterable<QueryRow> {
  const { usage } = run.compiled;
  for (const row of run.rowsBehind(behindRowId)) {
    meter.rowsLoaded += 1;
    meter.charactersLoaded += row.characters;
    frame.work.rows = 0;
    if (usage.item) {
      frame.values[itemPlace] = row.item(usage);
    }
    yield row;
  }
}

/** Puts the item in the frame with all that the answer is made of. */
export function putRow(frame: Frame, row: QueryRow, { selectUsage }: CompiledQuery): void {
  frame.work.rows = 0;
  if (selectUsage.item) {
    frame.values[itemPlace] = row.item(selectUsage);
  }
}

export function openRunFrame({ compiled, surroundings }: QueryRun): Frame {
  return openFrame(compiled.places, surroundings);
}

/** What goes on a page, and what is left of OFFSET and of TOP or LIMIT. */
export interface PageTaker {
  readonly documents: readonly string[];
  readonly isFull: () => boolean;
  /** Nothing more is wanted, on any page. */
  readonly isDone: () => boolean;
  /** Takes in the next document, which a row without a result does not have; says whether that was all. */
  readonly take: (write: () => string | undefined) => boolean;
  readonly left: () => { readonly toSkip: number; readonly toTake: number | undefined };
}

export function openPageTaker({ numbers, position, pageSize }: QueryRun): PageTaker {
  let toSkip = position?.toSkip ?? numbers.offset ?? 0;
  let toTake = position === undefined ? (numbers.top ?? numbers.limit) : position.toTake;
  const documents: string[] = [];
  let characters = 0;
  const isDone = (): boolean => toTake === 0;
  return {
    documents,
    isFull: () => documents.length >= pageSize || characters >= pageCharacters,
    isDone,
    take: (write) => {
      if (toSkip > 0) {
        toSkip -= 1;
        return false;
      }
      const text = write();
      if (text !== undefined) {
        documents.push(text);
        characters += text.length;
        toTake = toTake === undefined ? undefined : toTake - 1;
      }
      return isDone();
    },
    left: () => ({ toSkip, toTake }),
  };
}

/** The answer of the row that the frame holds; undefined when it has none. */
export function textOf({ compiled }: QueryRun, frame: Frame, row: QueryRow): string | undefined {
  if (compiled.selectsItem) {
    return row.text();
  }
  const { usage, selectUsage } = compiled;
  if (selectUsage.item !== usage.item || selectUsage.systemProperties !== usage.systemProperties) {
    frame.values[itemPlace] = row.item(selectUsage);
  }
  return JSON.stringify(compiled.select(frame));
}
