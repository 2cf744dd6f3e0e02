import type { Json } from '../json.ts';
import { compileExpression } from './compile-expression.ts';
import { parsePredicate } from './parse-query.ts';

const cacheSize = 500;
const noParameters: ReadonlyMap<string, Json> = new Map();

/**
 * Compiles predicates of conditional patches (`FROM c WHERE …`), which cannot have parameters: most texts come once, so
 * the cache is small. Undefined is not true. Throws `QueryError`.
 */
export function openPredicateCache(): (text: string) => (item: Json) => boolean {
  const cache = new Map<string, (item: Json) => boolean>();
  return (text) => {
    const known = cache.get(text);
    if (known !== undefined) {
      return known;
    }
    const evaluate = compileExpression(parsePredicate(text));
    const holds = (item: Json): boolean => evaluate({ item, parameters: noParameters, aggregates: [] }) === true;
    if (cache.size >= cacheSize) {
      cache.clear();
    }
    cache.set(text, holds);
    return holds;
  };
}
