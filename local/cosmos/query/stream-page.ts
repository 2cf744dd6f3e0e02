import type { Position } from './continuation.ts';
import {
  framedRows,
  openPageTaker,
  openRunFrame,
  textOf,
  type Meter,
  type QueryPage,
  type QueryRun,
} from './query-run.ts';
import { visitRows } from './rows.ts';

/** A page of a query without order: the rows one after the other, from the place where the page before it ended. */
export function streamPage(run: QueryRun, meter: Meter): Pick<QueryPage, 'documents' | 'next'> {
  const { compiled, position } = run;
  const frame = openRunFrame(run);
  const taker = openPageTaker(run);
  const joins = compiled.loops.length > 0;
  let last = { rowId: position?.rowId ?? 0, part: position?.part ?? 0 };
  const from = last;
  let next: Position | undefined;
  if (taker.isDone()) {
    return { documents: [], next };
  }
  for (const row of framedRows(run, frame, meter, joins ? from.rowId - 1 : from.rowId)) {
    const partsDone = row.rowId === from.rowId ? from.part : 0;
    let part = 0;
    const isOver = visitRows(compiled, frame, () => {
      part += 1;
      if (part <= partsDone) {
        return false;
      }
      if (taker.isFull()) {
        next = { ...last, sortKeys: [], ...taker.left() };
        return true;
      }
      last = { rowId: row.rowId, part };
      return taker.take(() => textOf(run, frame, row));
    });
    if (isOver) {
      break;
    }
  }
  return { documents: taker.documents, next };
}
