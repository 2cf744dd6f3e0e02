import type { Json, Value } from '../json.ts';
import { buildObject, compileExpression, type AggregateSlot, type Evaluate, type Scope } from './compile-expression.ts';
import { parseQuery } from './parse-query.ts';
import { printExpression } from './print-expression.ts';
import { QueryError } from './query-error.ts';
import type { PageNumbers } from './query-plan.ts';
import { childrenOf, columnNames, containsAggregate, selectedExpressions } from './syntax.ts';
import type { Expression, Query, Selection } from './syntax.ts';

/** A query ready to run: parsed once, evaluated by closures. */
export interface CompiledQuery {
  readonly query: Query;
  /** Undefined when every item matches. */
  readonly matches: ((scope: Scope) => boolean) | undefined;
  readonly select: Evaluate;
  /** The whole item is the answer, so it need not be built again. */
  readonly selectsItem: boolean;
  readonly sortKeys: readonly Evaluate[];
  /** Empty and `aggregated` false for a query that answers row by row. */
  readonly groupKeys: readonly Evaluate[];
  readonly slots: readonly AggregateSlot[];
  readonly aggregated: boolean;
}

const cacheSize = 1000;

/** Parses and compiles, and keeps what it made by query text. Throws `QueryError`. */
export function openQueryCache(): (text: string) => CompiledQuery {
  const cache = new Map<string, CompiledQuery>();
  return (text) => {
    const known = cache.get(text);
    if (known !== undefined) {
      return known;
    }
    const compiled = compileQuery(text);
    const oldest = cache.size >= cacheSize ? cache.keys().next().value : undefined;
    if (oldest !== undefined) {
      cache.delete(oldest);
    }
    cache.set(text, compiled);
    return compiled;
  };
}

export function compileQuery(text: string): CompiledQuery {
  const query = parseQuery(text);
  const slots: AggregateSlot[] = [];
  const select = compileSelection(query.selection, slots);
  const aggregated = slots.length > 0 || query.groupBy.length > 0;
  if (aggregated) {
    refuseUngrouped(query);
  }
  const where = query.where === undefined ? undefined : compileExpression(query.where);
  return {
    query,
    matches: where === undefined ? undefined : (scope) => where(scope) === true,
    select,
    selectsItem: selectsItem(query.selection),
    sortKeys: query.orderBy.map((ordering) => compileExpression(ordering.expression)),
    groupKeys: query.groupBy.map((key) => compileExpression(key)),
    slots,
    aggregated,
  };
}

/** The numbers of TOP, OFFSET and LIMIT. Throws `QueryError` for what is no whole number from 0. */
export function readPageNumbers(query: Query, parameters: ReadonlyMap<string, Json>): PageNumbers {
  const read = (expression: Expression | undefined, clause: string): number | undefined => {
    if (expression === undefined) {
      return undefined;
    }
    const value: Value = compileExpression(expression)({ item: undefined, parameters, aggregates: [] });
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new QueryError('SC2062', `${clause} needs a whole number from 0.`);
    }
    return value;
  };
  return { top: read(query.top, 'TOP'), offset: read(query.offset, 'OFFSET'), limit: read(query.limit, 'LIMIT') };
}

function selectsItem(selection: Selection): boolean {
  return selection.kind === 'all' || (selection.kind === 'value' && selection.expression.kind === 'item');
}

function compileSelection(selection: Selection, slots: AggregateSlot[]): Evaluate {
  switch (selection.kind) {
    case 'all':
      return (scope) => scope.item;
    case 'value':
      return compileExpression(selection.expression, slots);
    case 'list': {
      const names = columnNames(selection.columns);
      const entries = selection.columns.map(
        ({ expression }, index) => [names[index] ?? `$${index}`, compileExpression(expression, slots)] as const,
      );
      return (scope) => buildObject(entries, scope);
    }
  }
}

/** Outside of aggregates a grouped query may select its group keys, and nothing else of the item. */
function refuseUngrouped(query: Query): void {
  const keys = new Set(query.groupBy.map((key) => printExpression(key, query.alias)));
  const check = (expression: Expression): void => {
    if (expression.kind === 'aggregate') {
      if (containsAggregate(expression.argument)) {
        throw new QueryError('SC2102', 'An aggregate inside an aggregate is not allowed.');
      }
      return;
    }
    const text = printExpression(expression, query.alias);
    if (keys.has(text)) {
      return;
    }
    if (expression.kind === 'item') {
      throw new QueryError('SC2102', `'${query.alias}' is selected, but neither grouped nor inside an aggregate.`);
    }
    for (const part of childrenOf(expression)) {
      check(part);
    }
  };
  for (const expression of selectedExpressions(query.selection)) {
    check(expression);
  }
}
