import type { FaultBook, FaultRate, FaultReport } from '../faults/fault-book.ts';
import { Problem } from './problem.ts';
import type { AdminRoute } from './route-table.ts';

export interface FaultList {
  readonly faults: readonly FaultReport<unknown>[];
  /** How many times any of them was met. */
  readonly taken: number;
}

/** Lists, adds and ends the faults of a part. @param read throws a `Problem` for what is no fault of that part */
export function bookRoutes<Fault extends FaultRate>(
  part: string,
  book: FaultBook<Fault>,
  read: (body: unknown) => Fault,
): readonly AdminRoute[] {
  return [
    {
      route: `GET ${part}/faults`,
      about: 'Every fault since the start, with how many times each was taken.',
      handle: () => listFaults(book),
    },
    {
      route: `POST ${part}/faults`,
      about: 'Adds a fault and answers with its id.',
      handle: ({ body }) => ({ id: book.add(read(body)), faults: book.size }),
    },
    { route: `DELETE ${part}/faults`, about: 'Ends all faults.', handle: () => ({ removed: book.clear() }) },
    {
      route: `DELETE ${part}/faults/{id}`,
      about: 'Ends one fault.',
      handle: (_request, { id = '' }) => removeFault(book, id),
    },
  ];
}

export function listFaults<Fault extends FaultRate>(
  book: FaultBook<Fault>,
  isMeant?: (fault: Fault) => boolean,
): FaultList {
  const faults = book.list(isMeant);
  return { faults, taken: faults.reduce((sum, { taken }) => sum + taken, 0) };
}

/** Throws a `Problem` when there is no active fault of this id. */
export function removeFault<Fault extends FaultRate>(book: FaultBook<Fault>, id: string): { readonly removed: number } {
  if (!book.remove(id)) {
    throw new Problem(404, `There is no active fault ${id}.`);
  }
  return { removed: 1 };
}
