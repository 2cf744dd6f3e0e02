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
  /** Tells all that the answer depends on, the last write among it. */
  readonly name: string;
  readonly recall: (name: string) => Kept | undefined;
  readonly keep: (name: string, kept: Kept) => void;
}

/**
 * Runs one page of a query. Without order the rows come as they are stored, and a page goes on where the last one
 * ended; an order, groups and DISTINCT look at all rows once, and keep what they have found for the pages to come. The
 * first page is always made anew: time goes on, and items expire without a write.
 */
export function runQuery(asked: QueryRun, memory?: Memory): QueryPage {
  const meter: Meter = { rowsLoaded: 0, charactersLoaded: 0 };
  const run = asked.compiled.query.sources.length === 0 ? withOneRow(asked) : asked;
  const { compiled } = run;
  if (compiled.aggregated || compiled.query.distinct) {
    return { ...countedPage(run, meter, memory), ...meter };
  }
  if (compiled.sortKeys.length > 0) {
    const kept = run.position === undefined ? undefined : memory?.recall(memory.name);
    const front = kept?.kind === 'front' && !isSpent(run, kept.front) ? kept.front : sortRows(run, meter);
    const page = orderPage(run, front, meter);
    if (page.next !== undefined) {
      memory?.keep(memory.name, { kind: 'front', front });
    }
    return { ...page, ...meter };
  }
  return { ...streamPage(run, meter), ...meter };
}

/** A query without FROM is made once, of nothing. */
function withOneRow(run: QueryRun): QueryRun {
  const row = openRow(1, 'null');
  return { ...run, rowsBehind: (rowId) => (rowId < 1 ? [row] : []), rowAt: () => row };
}

/** The pages of such a query are cut out of one answer, also when items are written between them. */
function countedPage(run: QueryRun, meter: Meter, memory: Memory | undefined): Pick<QueryPage, 'documents' | 'next'> {
  const name = run.position?.keptAs ?? memory?.name;
  const kept = run.position === undefined || name === undefined ? undefined : memory?.recall(name);
  const documents = kept?.kind === 'documents' ? kept.documents : makeDocuments(run, meter);
  const page = documentsPage(run, documents, name);
  if (page.next !== undefined && name !== undefined) {
    memory?.keep(name, { kind: 'documents', documents });
  }
  return page;
}
