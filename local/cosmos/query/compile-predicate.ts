import type { Json } from '../json.ts';
import { compileExpression } from './compile-expression.ts';
import { openCompiling } from './compile-query.ts';
import { compileSources } from './compile-sources.ts';
import { itemPlace, openFrame, openPlaces } from './frame.ts';
import { parsePredicate } from './parse-query.ts';
import { notCarried } from './query-error.ts';

const cacheSize = 500;
const longestKept = 16 * 1024;

/**
 * Compiles predicates of conditional patches (`FROM c WHERE …`), which cannot have parameters: most texts come once, so
 * the cache is small. Undefined is not true. Throws `QueryError`.
 */
export function openPredicateCache(now: () => number = Date.now): (text: string) => (item: Json) => boolean {
  const cache = new Map<string, (item: Json) => boolean>();
  return (text) => {
    const known = cache.get(text);
    if (known !== undefined) {
      return known;
    }
    const holds = compilePredicate(text, now);
    if (text.length > longestKept) {
      return holds;
    }
    if (cache.size >= cacheSize) {
      cache.clear();
    }
    cache.set(text, holds);
    return holds;
  };
}

function compilePredicate(text: string, now: () => number): (item: Json) => boolean {
  const { source, where } = parsePredicate(text);
  const places = openPlaces();
  const compiling = openCompiling(places, { find: () => undefined });
  const { names, loops } = compileSources([source], compiling);
  if (loops.length > 0) {
    throw notCarried('FROM over a part of the item in a predicate');
  }
  const evaluate = compileExpression(where, { ...compiling, names });
  return (item) => {
    const frame = openFrame(places.taken(), { parameters: new Map(), nowMs: now(), vectors: [] });
    frame.values[itemPlace] = item;
    return evaluate(frame) === true;
  };
}
