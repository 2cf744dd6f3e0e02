import type { Json, Value } from '../json.ts';
import { buildObject, compileExpression, type AggregateSlot, type Compiling } from './compile-expression.ts';
import { compileSources, type Loop } from './compile-sources.ts';
import { compileDistanceFunction } from './compile-vector-distance.ts';
import { evaluatePage, type PageNumbers } from './evaluate-page.ts';
import {
  itemPlace,
  openFrame,
  openPlaces,
  type Evaluate,
  type Frame,
  type Names,
  type Places,
  type Usage,
} from './frame.ts';
import { parseQuery } from './parse-query.ts';
import { refuseUngrouped } from './refuse-ungrouped.ts';
import { runSubquery } from './run-subquery.ts';
import { columnNames, type Expression, type Ordering, type Query, type Selection } from './syntax.ts';
import { growsWithSimilarity, isVectorDistance } from './vector-distance.ts';

/** A query ready to run: parsed once, evaluated by closures. */
export interface CompiledQuery {
  readonly query: Query;
  /** What joins make of an item; empty for a query on the items alone. */
  readonly loops: readonly Loop[];
  /** Undefined when every row matches. */
  readonly matches: ((frame: Frame) => boolean) | undefined;
  readonly select: Evaluate;
  /** The whole item is the answer, so it need not be built again. */
  readonly selectsItem: boolean;
  readonly sortKeys: readonly SortKey[];
  readonly groupKeys: readonly Evaluate[];
  readonly slots: readonly AggregateSlot[];
  /** False for a query that answers row by row. */
  readonly aggregated: boolean;
  readonly page: { readonly [clause in 'top' | 'offset' | 'limit']: Evaluate | undefined };
  /** How many places a frame for it has, subqueries included. */
  readonly places: number;
  /** What is read of the item until a row is known to be an answer. */
  readonly usage: Usage;
  /** … and what the answer is made of; nothing where it is the item itself. */
  readonly selectUsage: Usage;
}

export interface SortKey {
  readonly evaluate: Evaluate;
  readonly direction: 1 | -1;
  /** A row without this key is left out. */
  readonly isRequired: boolean;
  /** For a distance: whether the most similar has the greatest score. The key itself is turned round, then. */
  readonly similarityGrows: ((frame: Frame) => boolean) | undefined;
}

const cacheSize = 1000;
/** Longer texts are written by programs, hardly ever twice the same, and would fill the memory. */
const longestKept = 16 * 1024;

/** Parses and compiles, and keeps what it made by query text. Throws `QueryError`. */
export function openQueryCache(): (text: string) => CompiledQuery {
  const cache = new Map<string, CompiledQuery>();
  return (text) => {
    const known = cache.get(text);
    if (known !== undefined) {
      return known;
    }
    const compiled = compileQuery(text);
    if (text.length > longestKept) {
      return compiled;
    }
    const oldest = cache.size >= cacheSize ? cache.keys().next().value : undefined;
    if (oldest !== undefined) {
      cache.delete(oldest);
    }
    cache.set(text, compiled);
    return compiled;
  };
}

export function compileQuery(text: string): CompiledQuery {
  return compileSelect(parseQuery(text), openPlaces(), { find: () => undefined });
}

/** What expressions of a query with these outer names are compiled in; its subqueries see the names as well. */
export function openCompiling(places: Places, names: Names): Compiling {
  return {
    names,
    places,
    slots: undefined,
    subquery: (query, inner) => {
      const compiled = compileSelect(query, places, inner);
      return (frame, atMost) => runSubquery(compiled, frame, atMost);
    },
  };
}

function compileSelect(query: Query, places: Places, outer: Names): CompiledQuery {
  const slots: AggregateSlot[] = [];
  const compiling = openCompiling(places, outer);
  const { names, firstPlace, loops } = compileSources(query.sources, compiling);
  const inner: Compiling = { ...compiling, names };
  const where = query.where === undefined ? undefined : compileExpression(query.where, inner);
  const count = (expression: Expression | undefined): Evaluate | undefined =>
    expression === undefined ? undefined : compileExpression(expression, inner);
  const page = { top: count(query.top), offset: count(query.offset), limit: count(query.limit) };
  const sortKeys = query.orderBy.map((ordering) => compileSortKey(ordering, inner));
  const groupKeys = query.groupBy.map((key) => compileExpression(key, inner));
  const isItem = firstPlace === itemPlace && loops.length === 0 && selectsFirst(query);
  const usage = places.noted();
  const select = compileSelection(query.selection, { ...inner, slots }, firstPlace);
  const aggregated = slots.length > 0 || query.groupBy.length > 0;
  if (aggregated) {
    refuseUngrouped(query);
  }
  const selectUsage = places.noted();
  const isDeferred = !aggregated && !query.distinct;
  return {
    query,
    loops,
    matches: where === undefined ? undefined : (frame) => where(frame) === true,
    select,
    selectsItem: isItem,
    sortKeys,
    groupKeys,
    slots,
    aggregated,
    page,
    places: places.taken(),
    usage: isDeferred ? usage : selectUsage,
    selectUsage: isItem && !query.distinct ? usage : selectUsage,
  };
}

/** The numbers of TOP, OFFSET and LIMIT. Throws `QueryError` for what is no whole number from 0. */
export function readPageNumbers(compiled: CompiledQuery, parameters: ReadonlyMap<string, Json>): PageNumbers {
  return evaluatePage(compiled, openFrame(compiled.places, { parameters, nowMs: 0, vectors: [] }));
}

function selectsFirst({ selection, sources }: Query): boolean {
  if (selection.kind === 'value') {
    return selection.expression.kind === 'name' && selection.expression.name === sources[0]?.alias;
  }
  return selection.kind === 'all';
}

function compileSelection(selection: Selection, compiling: Compiling, firstPlace: number | undefined): Evaluate {
  switch (selection.kind) {
    case 'all':
      compiling.places.noteSystemProperties();
      return (frame) => (firstPlace === undefined ? undefined : frame.values[firstPlace]);
    case 'value':
      return compileExpression(selection.expression, compiling);
    case 'list': {
      const names = columnNames(selection.columns);
      const entries = selection.columns.map(
        ({ expression }, index) => [names[index] ?? `$${index}`, compileExpression(expression, compiling)] as const,
      );
      return (frame) => buildObject(entries, frame);
    }
  }
}

/** The order by a distance begins with the most similar, and knows no items without one. */
function compileSortKey({ expression, descending }: Ordering, compiling: Compiling): SortKey {
  const evaluate = compileExpression(expression, compiling);
  if (expression.kind !== 'call' || !isVectorDistance(expression)) {
    return { evaluate, direction: descending ? -1 : 1, isRequired: false, similarityGrows: undefined };
  }
  const distance = compileDistanceFunction(expression.args, (part) => compileExpression(part, compiling));
  const similarityGrows = (frame: Frame): boolean => growsWithSimilarity(distance(frame));
  const rank = (frame: Frame): Value => {
    const score = evaluate(frame);
    return typeof score === 'number' && similarityGrows(frame) ? -score : score;
  };
  return { evaluate: rank, direction: 1, isRequired: true, similarityGrows };
}
