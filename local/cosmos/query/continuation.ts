import { z } from 'zod';
import type { Json } from '../json.ts';
import { QueryError } from './query-error.ts';

/**
 * Where a query goes on: behind the row `rowId`, for an ordered query behind that row's sort keys, with what is left of
 * OFFSET and of TOP or LIMIT. A sort key that is undefined is an empty list. A query with groups or DISTINCT has no row
 * to go on behind: it is made again, and `toSkip` documents are left out.
 */
export interface Position {
  readonly rowId: number;
  /** How many of the rows that joins make of the item have been looked at. */
  readonly part: number;
  readonly sortKeys: readonly (readonly [] | readonly [Json])[];
  readonly toSkip: number;
  readonly toTake: number | undefined;
  /** Where the documents are kept, for a query that counts them; they may be gone. */
  readonly keptAs?: string | undefined;
}

const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]),
);

const positionSchema = z.object({
  r: z.number(),
  p: z.number().default(0),
  k: z.array(z.union([z.tuple([]), z.tuple([json])])),
  s: z.number(),
  t: z.number().optional(),
  m: z.string().optional(),
});

const tokenSchema = z.object({ token: z.string(), range: z.object({ min: z.string(), max: z.string() }) });

/** The text of the `x-ms-continuation` header: opaque to clients, and in the outer shape that the service uses. */
export function writeContinuation(position: Position): string {
  const state = {
    r: position.rowId,
    p: position.part,
    k: position.sortKeys,
    s: position.toSkip,
    t: position.toTake,
    m: position.keptAs,
  };
  const token = Buffer.from(JSON.stringify(state), 'utf8').toString('base64url');
  return JSON.stringify({ token, range: { min: '', max: 'FF' } });
}

/** Throws `QueryError` for a token that is not one of ours. */
export function readContinuation(text: string): Position {
  try {
    const { token } = tokenSchema.parse(JSON.parse(text));
    const state = positionSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
    return { rowId: state.r, part: state.p, sortKeys: state.k, toSkip: state.s, toTake: state.t, keptAs: state.m };
  } catch (cause) {
    throw Object.assign(new QueryError('InvalidContinuation', 'Invalid Continuation Token'), { cause });
  }
}
