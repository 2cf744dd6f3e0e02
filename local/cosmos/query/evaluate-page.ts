import type { Evaluate, Frame } from './frame.ts';
import { QueryError } from './query-error.ts';

/** The numbers behind TOP, OFFSET and LIMIT, parameters filled in. */
export interface PageNumbers {
  readonly top: number | undefined;
  readonly offset: number | undefined;
  readonly limit: number | undefined;
}

interface Paged {
  readonly page: { readonly [clause in 'top' | 'offset' | 'limit']: Evaluate | undefined };
}

/** Throws `QueryError` for what is no whole number from 0. */
export function evaluatePage({ page }: Paged, frame: Frame): PageNumbers {
  const read = (evaluate: Evaluate | undefined, clause: string): number | undefined => {
    const value = evaluate?.(frame);
    if (evaluate === undefined) {
      return undefined;
    }
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new QueryError('SC2062', `${clause} needs a whole number from 0.`);
    }
    return value;
  };
  return { top: read(page.top, 'TOP'), offset: read(page.offset, 'OFFSET'), limit: read(page.limit, 'LIMIT') };
}

/** Where the part that is asked for begins in the whole, and where it ends. */
export function sliceOf({ top, offset, limit }: PageNumbers): readonly [start: number, end: number | undefined] {
  const start = offset ?? 0;
  return [start, top ?? (limit === undefined ? undefined : start + limit)];
}
