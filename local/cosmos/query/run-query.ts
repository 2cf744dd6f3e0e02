import { documentsPage, makeDocuments } from './make-documents.ts';
import { isSpent, orderPage, sortRows, type Front } from './order-page.ts';
import type { Meter, QueryPage, QueryRun } from './query-run.ts';
import { openRow } from './rows.ts';
import { streamPage } from './stream-page.ts';

/** What a page has worked out and the next one can go on with, as long as no item has changed. */
export type Kept =
  | { readonly kind: 'front'; readonly front: Front }
  | { readonly kind: 'documents'; readonly documents: readonly string[] };

/** Remembers what a query has worked out; `undefined` where nothing is kept. */
export interface Memory {
  readonly recall: () => Kept | undefined;
  readonly keep: (kept: Kept) => void;
}

/**
 * Runs one page of a query. Without order the rows come as they are stored, and a page goes on where the last one
 * ended; an order, groups and DISTINCT look at all rows once, and keep what they have found for the pages to come.
 */
export function runQuery(asked: QueryRun, memory?: Memory): QueryPage {
  const meter: Meter = { rowsLoaded: 0, charactersLoaded: 0 };
  const run = asked.compiled.query.sources.length === 0 ? withOneRow(asked) : asked;
  const { compiled } = run;
  if (compiled.aggregated || compiled.query.distinct) {
    const kept = recall(run, memory);
    const documents = kept?.kind === 'documents' ? kept.documents : makeDocuments(run, meter);
    const page = documentsPage(run, documents);
    remember(memory, page, { kind: 'documents', documents });
    return { ...page, ...meter };
  }
  if (compiled.sortKeys.length > 0) {
    const kept = recall(run, memory);
    const front = kept?.kind === 'front' && !isSpent(run, kept.front) ? kept.front : sortRows(run, meter);
    const page = orderPage(run, front, meter);
    remember(memory, page, { kind: 'front', front });
    return { ...page, ...meter };
  }
  return { ...streamPage(run, meter), ...meter };
}

/** A query without FROM is made once, of nothing. */
function withOneRow(run: QueryRun): QueryRun {
  const row = openRow(1, 'null');
  return { ...run, rowsBehind: (rowId) => (rowId < 1 ? [row] : []), rowAt: () => row };
}

/** The first page is always made anew: time goes on, and items expire without a write. */
function recall({ position }: QueryRun, memory: Memory | undefined): Kept | undefined {
  return position === undefined ? undefined : memory?.recall();
}

function remember(memory: Memory | undefined, { next }: Pick<QueryPage, 'next'>, kept: Kept): void {
  if (next !== undefined) {
    memory?.keep(kept);
  }
}
