import { printExpression } from './print-expression.ts';
import { columnNames, containsAggregate, selectedExpressions } from './syntax.ts';
import type { AggregateName, Expression, Query } from './syntax.ts';

/**
 * The plan that tells the SDK how to run a query over partition key ranges and merge the answers. The members and the
 * rewritten queries are those of the hosted service, as recorded in xo/dbimp (COSMOS.md, "The cross partition query")
 * and as `@azure/cosmos` reads them (src/queryExecutionContext).
 */
export interface QueryPlan {
  readonly partitionedQueryExecutionInfoVersion: 2;
  readonly queryInfo: {
    readonly distinctType: 'None';
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
    readonly hasNonStreamingOrderBy: false;
  };
  readonly queryRanges: readonly [{ min: ''; max: 'FF'; isMinInclusive: true; isMaxInclusive: false }];
}

/** The numbers behind TOP, OFFSET and LIMIT, parameters filled in. */
export interface PageNumbers {
  readonly top: number | undefined;
  readonly offset: number | undefined;
  readonly limit: number | undefined;
}

/** The SDK puts the condition that resumes an ordered query in the place of this text, or `true`. */
const filterPlace = '{documentdb-formattableorderbyquery-filter}';

export function planQuery(query: Query, page: PageNumbers): QueryPlan {
  const print = (expression: Expression): string => printExpression(expression, query.alias);
  const grouping = describeGrouping(query);
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: 'None',
      top: page.top ?? null,
      offset: page.offset ?? null,
      limit: page.limit ?? null,
      orderBy: query.orderBy.map((ordering) => (ordering.descending ? 'Descending' : 'Ascending')),
      orderByExpressions: query.orderBy.map((ordering) => print(ordering.expression)),
      groupByExpressions: query.groupBy.map(print),
      ...grouping,
      rewrittenQuery: rewriteQuery(query, page),
      hasSelectValue: query.selection.kind === 'value',
      dCountInfo: null,
      hasNonStreamingOrderBy: false,
    },
    queryRanges: [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }],
  };
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
    return [`SELECT ${groupedSelection(query)}`, ...tailOf(query, undefined)].join(' ');
  }
  if (query.orderBy.length > 0) {
    const keys = query.orderBy.map(({ expression }) => `{"item": ${printExpression(expression, query.alias)}}`);
    const top = page.top === undefined ? '' : `TOP ${page.top} `;
    const head = `SELECT ${top}${query.alias}._rid, [${keys.join(', ')}] AS orderByItems, ${payloadOf(query)} AS payload`;
    return [head, ...tailOf(query, filterPlace), ...pageOf(page)].join(' ');
  }
  if (page.limit !== undefined) {
    return [`SELECT ${plainSelection(query)}`, ...tailOf(query, undefined), ...pageOf(page)].join(' ');
  }
  return '';
}

function tailOf(query: Query, filter: string | undefined): readonly string[] {
  const print = (expression: Expression): string => printExpression(expression, query.alias);
  const conditions = [
    ...(query.where === undefined ? [] : [print(query.where)]),
    ...(filter === undefined ? [] : [filter]),
  ];
  const keys = query.orderBy.map(({ expression, descending }) => `${print(expression)} ${descending ? 'DESC' : 'ASC'}`);
  return [
    `FROM ${query.alias}`,
    ...(conditions.length === 0 ? [] : [`WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`]),
    ...(query.groupBy.length === 0 ? [] : [`GROUP BY ${query.groupBy.map(print).join(', ')}`]),
    ...(keys.length === 0 ? [] : [`ORDER BY ${keys.join(', ')}`]),
  ];
}

/** Each range skips nothing: the client skips over the merged answer. */
function pageOf({ offset, limit }: PageNumbers): readonly string[] {
  return limit === undefined ? [] : [`OFFSET 0 LIMIT ${(offset ?? 0) + limit}`];
}

function plainSelection({ selection, alias }: Query): string {
  switch (selection.kind) {
    case 'all':
      return '*';
    case 'value':
      return `VALUE ${printExpression(selection.expression, alias)}`;
    case 'list': {
      const names = columnNames(selection.columns);
      const entries = selection.columns.map(
        ({ expression }, index) => `${JSON.stringify(names[index])}: ${printExpression(expression, alias)}`,
      );
      return `VALUE {${entries.join(', ')}}`;
    }
  }
}

function payloadOf(query: Query): string {
  return query.selection.kind === 'all' ? query.alias : plainSelection(query).slice('VALUE '.length);
}

function groupedSelection(query: Query): string {
  const { selection, alias } = query;
  const keys = query.groupBy.map((key) => `{"item": ${printExpression(key, alias)}}`);
  const groupByItems = keys.length === 0 ? '' : `[${keys.join(', ')}] AS groupByItems, `;
  if (selection.kind === 'list') {
    const names = columnNames(selection.columns);
    const entries = selection.columns.map(
      ({ expression }, index) => `${JSON.stringify(names[index])}: ${partialOf(expression, alias)}`,
    );
    return `${groupByItems}{${entries.join(', ')}} AS payload`;
  }
  const expression = selection.kind === 'value' ? selection.expression : undefined;
  const partial = expression === undefined ? 'undefined' : partialOf(expression, alias);
  const payload = expression?.kind === 'aggregate' ? `[${partial}]` : partial;
  return keys.length === 0 ? `VALUE ${payload}` : `${groupByItems}${payload} AS payload`;
}

/** An aggregate becomes what the client can add up; anything else stays. */
function partialOf(expression: Expression, alias: string): string {
  if (expression.kind !== 'aggregate') {
    return printExpression(expression, alias);
  }
  return partials[expression.name](printExpression(expression.argument, alias));
}

const partials: Readonly<Record<AggregateName, (argument: string) => string>> = {
  COUNT: (argument) => `{"item": COUNT(${argument})}`,
  SUM: (argument) => `{"item": SUM(${argument})}`,
  AVG: (argument) => `{"item": {"sum": SUM(${argument}), "count": COUNT(${argument})}}`,
  MIN: (argument) => `{"item": MIN(${argument}), "item2": {"min": MIN(${argument}), "count": COUNT(${argument})}}`,
  MAX: (argument) => `{"item": MAX(${argument}), "item2": {"max": MAX(${argument}), "count": COUNT(${argument})}}`,
};
