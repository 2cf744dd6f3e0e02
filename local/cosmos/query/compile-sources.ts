import { isArray, type Json } from '../json.ts';
import { compileExpression, type Compiling } from './compile-expression.ts';
import { itemPlace, namesOf, type Frame, type Names } from './frame.ts';
import { notCarried, QueryError } from './query-error.ts';
import type { Source } from './syntax.ts';

/** Goes through the values of one source and calls `next` for each; stops, and says so, as soon as `next` does. */
export type Loop = (frame: Frame, next: () => boolean) => boolean;

export interface CompiledSources {
  readonly names: Names;
  /** Where the value of the first source is; undefined without FROM. */
  readonly firstPlace: number | undefined;
  /** From the outside in; none where the item itself is the only source. */
  readonly loops: readonly Loop[];
}

/** Gives every source its place and its name, each of which the sources behind it may use. Throws `QueryError`. */
export function compileSources(sources: readonly Source[], compiling: Compiling): CompiledSources {
  const own = new Map<string, number>();
  const names = namesOf(own, compiling.names);
  const loops: Loop[] = [];
  let firstPlace: number | undefined;
  for (const source of sources) {
    const isItem = source.kind === 'expression' && source.of.kind === 'root' && !source.each;
    const place = isItem ? itemPlace : compiling.places.take();
    firstPlace ??= place;
    if (!isItem) {
      loops.push(compileLoop(source, place, { ...compiling, names: namesOf(new Map(own), compiling.names) }));
    }
    if (source.alias !== undefined) {
      if (own.has(source.alias)) {
        throw new QueryError('SC2011', `The input alias '${source.alias}' is specified more than once.`);
      }
      own.set(source.alias, place);
    }
  }
  return { names, firstPlace, loops };
}

function compileLoop(source: Source, place: number, compiling: Compiling): Loop {
  if (source.kind === 'query') {
    const run = compiling.subquery(source.query, compiling.names);
    return (frame, next) => {
      const results = run(frame, Number.MAX_SAFE_INTEGER);
      const values = source.each ? results.flatMap((result) => (isArray(result) ? result : [])) : results;
      return goThrough(frame, { place, values }, next);
    };
  }
  const of = compileExpression(source.of, compiling);
  return (frame, next) => {
    const value = of(frame);
    if (source.each) {
      return isArray(value) && goThrough(frame, { place, values: value }, next);
    }
    return value !== undefined && goThrough(frame, { place, values: [value] }, next);
  };
}

/** Joins multiply: the rows of one item are bounded, so that no query keeps the service busy for good. */
const mostRowsOfItem = 5_000_000;

function goThrough(
  frame: Frame,
  { place, values }: { readonly place: number; readonly values: readonly Json[] },
  next: () => boolean,
): boolean {
  const { work } = frame;
  for (const value of values) {
    work.rows += 1;
    if (work.rows > mostRowsOfItem) {
      throw notCarried(`more than ${mostRowsOfItem} rows out of the joins and subqueries of one item`);
    }
    frame.values[place] = value;
    if (next()) {
      return true;
    }
  }
  return false;
}
