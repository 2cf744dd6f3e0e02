import { checkQuery } from './check-query.ts';
import { parseExpression } from './parse-expression.ts';
import { parseSources } from './parse-sources.ts';
import type { Parsing } from './parsing.ts';
import { notCarried, QueryError } from './query-error.ts';
import { containsAggregate } from './syntax.ts';
import type { Column, Expression, Ordering, Query, Selection, Source } from './syntax.ts';
import { isReserved, openTokenCursor, type TokenCursor } from './token-cursor.ts';

/**
 * Parses a query: SELECT [DISTINCT] [TOP n] …, FROM with JOINs, WHERE, GROUP BY, ORDER BY, OFFSET … LIMIT, and
 * subqueries. Names are looked up later, when it is compiled.
 *
 * Throws `QueryError`: bad syntax, and features that are not carried, by name.
 * Grammar: learn.microsoft.com/azure/cosmos-db/nosql/query.
 */
export function parseQuery(text: string): Query {
  const parsing = openParsing(text);
  const query = parseSelect(parsing, true);
  finish(parsing);
  return query;
}

export interface Predicate {
  readonly source: Source;
  readonly where: Expression;
}

/** Parses the predicate of a conditional patch: `FROM alias WHERE …`. */
export function parsePredicate(text: string): Predicate {
  const parsing = openParsing(text);
  const { cursor } = parsing;
  cursor.expectKeyword('FROM');
  const [source, ...joins] = parseSources(parsing, true);
  if (source === undefined || joins.length > 0) {
    throw notCarried('JOIN in a predicate');
  }
  cursor.expectKeyword('WHERE');
  const where = parsing.expression();
  finish(parsing);
  if (containsAggregate(where)) {
    throw new QueryError('SC2102', 'An aggregate is not allowed in a predicate.');
  }
  return { source, where };
}

function openParsing(text: string): Parsing {
  const parsing: Parsing = {
    cursor: openTokenCursor(text),
    expression: () => parseExpression(parsing),
    query: () => parseSelect(parsing, false),
    queries: [],
    nesting: { depth: 0 },
  };
  return parsing;
}

function finish({ cursor, queries }: Parsing): void {
  if (cursor.peek().kind !== 'end') {
    throw cursor.unexpected();
  }
  for (const query of queries) {
    checkQuery(query);
  }
}

function parseSelect(parsing: Parsing, isOutermost: boolean): Query {
  const { cursor, expression } = parsing;
  cursor.expectKeyword('SELECT');
  const distinct = cursor.takeKeyword('DISTINCT');
  const top = cursor.takeKeyword('TOP') ? parseCount(cursor) : undefined;
  const selection = parseSelection(parsing);
  const sources = cursor.takeKeyword('FROM') ? parseSources(parsing, isOutermost) : [];
  const where = cursor.takeKeyword('WHERE') ? expression() : undefined;
  const groupBy = parseGroupBy(parsing);
  const orderBy = parseOrderBy(parsing);
  const query = { distinct, selection, sources, where, groupBy, orderBy, top, ...parsePage(cursor) };
  parsing.queries.push(query);
  return query;
}

function parseSelection({ cursor, expression }: Parsing): Selection {
  if (cursor.takeSymbol('*')) {
    return { kind: 'all' };
  }
  if (cursor.takeKeyword('VALUE')) {
    return { kind: 'value', expression: expression() };
  }
  const columns: Column[] = [];
  do {
    const column = expression();
    columns.push({ expression: column, alias: parseColumnName(cursor) ?? nameOf(column) });
  } while (cursor.takeSymbol(','));
  return { kind: 'list', columns };
}

function parseColumnName(cursor: TokenCursor): string | undefined {
  if (cursor.takeKeyword('AS')) {
    const token = cursor.peek();
    return token.kind === 'string' ? cursor.next().value : cursor.expectName();
  }
  const { kind, value } = cursor.peek();
  const isName = kind === 'word' && !isReserved(value) && !cursor.isKeyword('OFFSET') && !cursor.isKeyword('LIMIT');
  return isName ? cursor.next().value : undefined;
}

/** The name that a column gets by itself: the last property of a path, or the alias of a source. */
function nameOf(expression: Expression): string | undefined {
  if (expression.kind === 'name') {
    return expression.name;
  }
  const named = expression.kind === 'property' && expression.name.kind === 'literal' ? expression.name.value : null;
  return typeof named === 'string' ? named : undefined;
}

function parseGroupBy({ cursor, expression }: Parsing): readonly Expression[] {
  if (!cursor.takeKeyword('GROUP')) {
    return [];
  }
  cursor.expectKeyword('BY');
  const keys: Expression[] = [];
  do {
    keys.push(expression());
  } while (cursor.takeSymbol(','));
  return keys;
}

function parseOrderBy({ cursor, expression }: Parsing): readonly Ordering[] {
  if (!cursor.takeKeyword('ORDER')) {
    return [];
  }
  cursor.expectKeyword('BY');
  if (cursor.isKeyword('RANK')) {
    throw notCarried('ORDER BY RANK (full text and hybrid search)');
  }
  const orderings: Ordering[] = [];
  do {
    const key = expression();
    const descending = cursor.takeKeyword('DESC');
    if (!descending) {
      cursor.takeKeyword('ASC');
    }
    orderings.push({ expression: key, descending });
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
  const token = cursor.peek();
  if (token.kind !== 'parameter' && token.kind !== 'number') {
    throw cursor.unexpected();
  }
  cursor.next();
  return token.kind === 'parameter'
    ? { kind: 'parameter', name: token.value }
    : { kind: 'literal', value: Number(token.value) };
}
