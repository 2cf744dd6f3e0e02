import { columnNames, containsAggregate, selectedExpressions } from './syntax.ts';
import type { Column, Expression, Ordering, Query, Selection } from './syntax.ts';
import { parseExpression } from './parse-expression.ts';
import { notCarried, QueryError } from './query-error.ts';
import { openTokenCursor, type TokenCursor } from './token-cursor.ts';

/**
 * Parses a query: SELECT [TOP n] …, FROM alias, WHERE, GROUP BY, ORDER BY, OFFSET … LIMIT.
 * The alias stands behind the select list, so FROM is looked up first.
 *
 * Throws `QueryError`: bad syntax, unknown names, and features that are not carried, by name.
 * Grammar: learn.microsoft.com/azure/cosmos-db/nosql/query.
 */
export function parseQuery(text: string): Query {
  const alias = findAlias(text);
  const cursor = openTokenCursor(text);
  cursor.expectKeyword('SELECT');
  if (cursor.isKeyword('DISTINCT')) {
    throw notCarried('DISTINCT');
  }
  const top = cursor.takeKeyword('TOP') ? parseCount(cursor) : undefined;
  const selection = parseSelection(cursor, alias);
  if (!cursor.takeKeyword('FROM')) {
    throw cursor.peek().kind === 'end' ? notCarried('a query without FROM') : cursor.unexpected();
  }
  skipSource(cursor);
  const where = cursor.takeKeyword('WHERE') ? parseExpression(cursor, alias) : undefined;
  const groupBy = parseGroupBy(cursor, alias);
  const orderBy = parseOrderBy(cursor, alias);
  const page = parsePage(cursor);
  if (cursor.peek().kind !== 'end') {
    throw cursor.unexpected();
  }
  const query: Query = { selection, alias, where, groupBy, orderBy, top, ...page };
  refuseMisuse(query);
  return query;
}

/** Parses the predicate of a conditional patch: `FROM alias WHERE …`. */
export function parsePredicate(text: string): Expression {
  const alias = findAlias(text);
  const cursor = openTokenCursor(text);
  cursor.expectKeyword('FROM');
  skipSource(cursor);
  cursor.expectKeyword('WHERE');
  const where = parseExpression(cursor, alias);
  if (cursor.peek().kind !== 'end') {
    throw cursor.unexpected();
  }
  if (containsAggregate(where)) {
    throw new QueryError('SC2102', 'An aggregate is not allowed in a predicate.');
  }
  return where;
}

function findAlias(text: string): string {
  const cursor = openTokenCursor(text);
  let depth = 0;
  while (cursor.peek().kind !== 'end' && !(depth === 0 && cursor.isKeyword('FROM'))) {
    const { kind, value } = cursor.next();
    if (kind === 'symbol') {
      depth += ('([{'.includes(value) ? 1 : 0) - (')]}'.includes(value) ? 1 : 0);
    }
  }
  return cursor.takeKeyword('FROM') ? skipSource(cursor) : 'c';
}

const clauses = ['WHERE', 'GROUP', 'ORDER', 'OFFSET', 'JOIN'];

/** Steps over `c`, `root c` or `root AS c` and returns the alias. */
function skipSource(cursor: TokenCursor): string {
  if (cursor.isSymbol('(')) {
    throw notCarried('subqueries');
  }
  const source = cursor.next();
  if (source.kind !== 'word') {
    throw new QueryError('SC1001', `Syntax error, FROM needs the name of the item (at ${source.start}).`);
  }
  if (cursor.isSymbol('.') || cursor.isSymbol('[') || cursor.isKeyword('IN')) {
    throw notCarried('FROM over a part of the item');
  }
  const named = cursor.takeKeyword('AS');
  let alias = source.value;
  if (named || (cursor.peek().kind === 'word' && !clauses.some((clause) => cursor.isKeyword(clause)))) {
    alias = cursor.next().value;
  }
  if (cursor.isKeyword('JOIN') || cursor.isSymbol(',')) {
    throw notCarried('JOIN');
  }
  return alias;
}

function parseSelection(cursor: TokenCursor, alias: string): Selection {
  if (cursor.takeSymbol('*')) {
    return { kind: 'all' };
  }
  if (cursor.takeKeyword('VALUE')) {
    return { kind: 'value', expression: parseExpression(cursor, alias) };
  }
  const columns: Column[] = [];
  do {
    const expression = parseExpression(cursor, alias);
    columns.push({ expression, alias: parseColumnName(cursor) ?? nameOf(expression, alias) });
  } while (cursor.takeSymbol(','));
  return { kind: 'list', columns };
}

function parseColumnName(cursor: TokenCursor): string | undefined {
  const named = cursor.takeKeyword('AS');
  const token = cursor.peek();
  if (named || (token.kind === 'word' && ![...clauses, 'FROM'].some((clause) => cursor.isKeyword(clause)))) {
    return cursor.next().value;
  }
  return undefined;
}

/** The name that a column gets by itself: the last property of a path, or the alias for the item. */
function nameOf(expression: Expression, alias: string): string | undefined {
  if (expression.kind === 'item') {
    return alias;
  }
  const named = expression.kind === 'property' && expression.name.kind === 'literal' ? expression.name.value : null;
  return typeof named === 'string' ? named : undefined;
}

function parseGroupBy(cursor: TokenCursor, alias: string): readonly Expression[] {
  if (!cursor.takeKeyword('GROUP')) {
    return [];
  }
  cursor.expectKeyword('BY');
  const keys: Expression[] = [];
  do {
    keys.push(parseExpression(cursor, alias));
  } while (cursor.takeSymbol(','));
  return keys;
}

function parseOrderBy(cursor: TokenCursor, alias: string): readonly Ordering[] {
  if (!cursor.takeKeyword('ORDER')) {
    return [];
  }
  cursor.expectKeyword('BY');
  if (cursor.isKeyword('RANK')) {
    throw notCarried('ORDER BY RANK (full text and hybrid search)');
  }
  const orderings: Ordering[] = [];
  do {
    const expression = parseExpression(cursor, alias);
    const descending = cursor.takeKeyword('DESC');
    if (!descending) {
      cursor.takeKeyword('ASC');
    }
    orderings.push({ expression, descending });
  } while (cursor.takeSymbol(','));
  return orderings;
}

function parsePage(cursor: TokenCursor): Pick<Query, 'offset' | 'limit'> {
  if (!cursor.takeKeyword('OFFSET')) {
    return { offset: undefined, limit: undefined };
  }
  const offset = parseCount(cursor);
  cursor.expectKeyword('LIMIT');
  return { offset, limit: parseCount(cursor) };
}

/** The number behind TOP, OFFSET and LIMIT: a number or a parameter. */
function parseCount(cursor: TokenCursor): Expression {
  const token = cursor.next();
  if (token.kind === 'parameter') {
    return { kind: 'parameter', name: token.value };
  }
  if (token.kind !== 'number') {
    throw new QueryError('SC1001', `Syntax error, a number or a parameter is missing (at ${token.start}).`);
  }
  return { kind: 'literal', value: Number(token.value) };
}

function refuseMisuse(query: Query): void {
  const aggregated = selectedExpressions(query.selection).some(containsAggregate) || query.groupBy.length > 0;
  if (query.top !== undefined && query.limit !== undefined) {
    throw new QueryError('SC2202', 'TOP and OFFSET LIMIT are not allowed in one query.');
  }
  if (aggregated && query.orderBy.length > 0) {
    throw new QueryError('SC2103', 'ORDER BY is not allowed with GROUP BY or an aggregate.');
  }
  if (aggregated && query.selection.kind === 'all') {
    throw new QueryError('SC2102', "'SELECT *' is not allowed with GROUP BY.");
  }
  const inner = [query.where, ...query.groupBy, ...query.orderBy.map((ordering) => ordering.expression)];
  if (inner.some((expression) => expression !== undefined && containsAggregate(expression))) {
    throw new QueryError('SC2102', 'An aggregate is allowed in the SELECT clause only.');
  }
  if (query.selection.kind === 'list') {
    const names = columnNames(query.selection.columns);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      throw new QueryError('SC2022', `The alias '${twice}' is used twice in the SELECT clause.`);
    }
  }
}
