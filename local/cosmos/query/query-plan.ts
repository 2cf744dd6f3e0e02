import type { CompiledQuery } from './compile-query.ts';
import type { PageNumbers } from './evaluate-page.ts';
import { openFrame, type Surroundings } from './frame.ts';
import { printClauses, printExpression, printPayload, printSelection } from './print-query.ts';
import { columnNames, containsAggregate, rootAlias, selectedExpressions } from './syntax.ts';
import type { AggregateName, Expression, Query } from './syntax.ts';

/**
 * The plan that tells the SDK how to run a query over partition key ranges and merge the answers. The members and the
 * rewritten queries are those of the hosted service, as recorded in xo/dbimp (COSMOS.md, "The cross partition query")
 * and as `@azure/cosmos` reads them (src/queryExecutionContext).
 */
export interface QueryPlan {
  readonly partitionedQueryExecutionInfoVersion: 2;
  readonly queryInfo: {
    readonly distinctType: 'None' | 'Ordered' | 'Unordered';
    readonly top: number | null;
    readonly offset: number | null;
    readonly limit: number | null;
    readonly orderBy: readonly ('Ascending' | 'Descending')[];
    readonly orderByExpressions: readonly string[];
    readonly groupByExpressions: readonly string[];
    readonly groupByAliases: readonly string[];
    readonly aggregates: readonly string[];
    readonly groupByAliasToAggregateType: Readonly<Record<string, string | null>>;
    readonly rewrittenQuery: string;
    readonly hasSelectValue: boolean;
    readonly dCountInfo: null;
    readonly hasNonStreamingOrderBy: boolean;
  };
  readonly queryRanges: readonly [{ min: ''; max: 'FF'; isMinInclusive: true; isMaxInclusive: false }];
}

/** The SDK puts the condition that resumes an ordered query in the place of this text, or `true`. */
const filterPlace = '{documentdb-formattableorderbyquery-filter}';

export function planQuery(compiled: CompiledQuery, page: PageNumbers, surroundings: Surroundings): QueryPlan {
  const { query } = compiled;
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: distinctType(query),
      top: page.top ?? null,
      offset: page.offset ?? null,
      limit: page.limit ?? null,
      orderBy: orderDirections(compiled, surroundings),
      orderByExpressions: query.orderBy.map((ordering) => printExpression(ordering.expression)),
      groupByExpressions: query.groupBy.map(printExpression),
      ...describeGrouping(query),
      rewrittenQuery: rewriteQuery(query, page),
      hasSelectValue: query.selection.kind === 'value',
      dCountInfo: null,
      hasNonStreamingOrderBy: compiled.sortKeys.some((key) => key.similarityGrows !== undefined),
    },
    queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
  };
}

/** Equal results come one after the other where the result is the first sort key. */
function distinctType({ distinct, selection, orderBy }: Query): QueryPlan['queryInfo']['distinctType'] {
  if (!distinct) {
    return 'None';
  }
  const [key] = orderBy;
  const [selected, ...others] = selectedExpressions(selection);
  const isKey =
    key !== undefined &&
    selected !== undefined &&
    others.length === 0 &&
    printExpression(key.expression) === printExpression(selected);
  return isKey ? 'Ordered' : 'Unordered';
}

/** The client sorts by scores: downwards where the most similar has the greatest. */
function orderDirections(
  { sortKeys, places }: CompiledQuery,
  surroundings: Surroundings,
): readonly ('Ascending' | 'Descending')[] {
  const frame = openFrame(places, surroundings);
  return sortKeys.map(({ direction, similarityGrows }) =>
    direction === -1 || similarityGrows?.(frame) === true ? 'Descending' : 'Ascending',
  );
}

/**
 * How the gateway treats a query over all partitions: `serve` it (filters and projections), hand the `plan` to the
 * client (400, substatus 1004), or refuse it as an aggregate without VALUE (400 with a text that the SDK looks for).
 */
export function gatewayAnswer(query: Query): 'serve' | 'plan' | 'aggregate without VALUE' {
  const aggregated = selectedExpressions(query.selection).some(containsAggregate);
  if (aggregated && query.selection.kind === 'list') {
    return 'aggregate without VALUE';
  }
  const merged =
    aggregated ||
    query.distinct ||
    query.groupBy.length > 0 ||
    query.orderBy.length > 0 ||
    query.top !== undefined ||
    query.limit !== undefined;
  return merged ? 'plan' : 'serve';
}

type Grouping = Pick<QueryPlan['queryInfo'], 'groupByAliases' | 'aggregates' | 'groupByAliasToAggregateType'>;

function describeGrouping({ selection, groupBy }: Query): Grouping {
  if (selection.kind === 'value') {
    const aggregates = selection.expression.kind === 'aggregate' ? [sdkNames[selection.expression.name]] : [];
    return { groupByAliases: [], aggregates, groupByAliasToAggregateType: {} };
  }
  const columns = selection.kind === 'list' ? selection.columns : [];
  const merged = groupBy.length > 0 || columns.some((column) => containsAggregate(column.expression));
  const names = merged ? columnNames(columns) : [];
  const types = names.map((name, index) => {
    const expression = columns[index]?.expression;
    return [name, expression?.kind === 'aggregate' ? sdkNames[expression.name] : null] as const;
  });
  return { groupByAliases: names, aggregates: [], groupByAliasToAggregateType: Object.fromEntries(types) };
}

const sdkNames = { COUNT: 'Count', SUM: 'Sum', MIN: 'Min', MAX: 'Max', AVG: 'Average' } as const;

function rewriteQuery(query: Query, page: PageNumbers): string {
  const aggregated = selectedExpressions(query.selection).some(containsAggregate);
  if (query.groupBy.length > 0 || aggregated) {
    return [`SELECT ${groupedSelection(query)}`, ...printClauses(query)].join(' ');
  }
  if (query.orderBy.length > 0) {
    return rewriteOrdered(query, page);
  }
  if (page.limit !== undefined) {
    const head = `SELECT ${query.distinct ? 'DISTINCT ' : ''}${printSelection(query.selection)}`;
    return [head, ...printClauses(query), ...pageOf(page)].join(' ');
  }
  return '';
}

/** DISTINCT is for the client, and a range must not stop before it knows how many results are the same. */
function rewriteOrdered(query: Query, page: PageNumbers): string {
  const alias = rootAlias(query) ?? 'root';
  const keys = query.orderBy.map(({ expression }) => `{"item": ${printExpression(expression)}}`);
  const top = page.top === undefined || query.distinct ? '' : `TOP ${page.top} `;
  const payload = printPayload(query.selection) ?? query.sources[0]?.alias ?? alias;
  const head = `SELECT ${top}${alias}._rid, [${keys.join(', ')}] AS orderByItems, ${payload} AS payload`;
  return [head, ...printClauses(query, filterPlace), ...(query.distinct ? [] : pageOf(page))].join(' ');
}

/** Each range skips nothing: the client skips over the merged answer. */
function pageOf({ offset, limit }: PageNumbers): readonly string[] {
  return limit === undefined ? [] : [`OFFSET 0 LIMIT ${(offset ?? 0) + limit}`];
}

function groupedSelection(query: Query): string {
  const { selection } = query;
  const keys = query.groupBy.map((key) => `{"item": ${printExpression(key)}}`);
  const groupByItems = keys.length === 0 ? '' : `[${keys.join(', ')}] AS groupByItems, `;
  if (selection.kind === 'list') {
    const names = columnNames(selection.columns);
    const entries = selection.columns.map(
      ({ expression }, index) => `${JSON.stringify(names[index])}: ${partialOf(expression)}`,
    );
    return `${groupByItems}{${entries.join(', ')}} AS payload`;
  }
  const expression = selection.kind === 'value' ? selection.expression : undefined;
  const partial = expression === undefined ? 'undefined' : partialOf(expression);
  const payload = expression?.kind === 'aggregate' ? `[${partial}]` : partial;
  return keys.length === 0 ? `VALUE ${payload}` : `${groupByItems}${payload} AS payload`;
}

/** An aggregate becomes what the client can add up; anything else stays. */
function partialOf(expression: Expression): string {
  if (expression.kind !== 'aggregate') {
    return printExpression(expression);
  }
  return partials[expression.name](printExpression(expression.argument));
}

const partials: Readonly<Record<AggregateName, (argument: string) => string>> = {
  COUNT: (argument) => `{"item": COUNT(${argument})}`,
  SUM: (argument) => `{"item": SUM(${argument})}`,
  AVG: (argument) => `{"item": {"sum": SUM(${argument}), "count": COUNT(${argument})}}`,
  MIN: (argument) => `{"item": MIN(${argument}), "item2": {"min": MIN(${argument}), "count": COUNT(${argument})}}`,
  MAX: (argument) => `{"item": MAX(${argument}), "item2": {"max": MAX(${argument}), "count": COUNT(${argument})}}`,
};
