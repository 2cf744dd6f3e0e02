import { parsePrimary, parseProperties } from './parse-primary.ts';
import { nested, type Parsing } from './parsing.ts';
import { notCarried, QueryError } from './query-error.ts';
import type { Expression, Query, Source } from './syntax.ts';
import { isReserved } from './token-cursor.ts';

/** The bound is the service's own (learn.microsoft.com/azure/cosmos-db/concepts-limits). */
const mostJoins = 10;

/**
 * Parses what stands behind FROM: a first source and its JOINs. The first name of the outermost query is the
 * container, whatever it is called; further down the names are those that FROM and JOIN have given.
 */
export function parseSources(parsing: Parsing, isOutermost: boolean): readonly Source[] {
  const { cursor } = parsing;
  const sources = [parseSource(parsing, isOutermost ? 'container' : 'value')];
  while (cursor.takeKeyword('JOIN')) {
    sources.push(parseSource(parsing, 'value'));
    if (sources.length > mostJoins + 1) {
      const message = `The SQL query exceeded the maximum number of joins. The allowed limit is ${mostJoins}.`;
      throw new QueryError('SC3002', message);
    }
  }
  if (cursor.isSymbol(',')) {
    throw notCarried('several sources behind FROM without JOIN');
  }
  return sources;
}

type Base = 'container' | 'value';

function parseSource(parsing: Parsing, base: Base): Source {
  const { cursor } = parsing;
  if (cursor.takeSymbol('(')) {
    if (base === 'container') {
      throw notCarried('a subquery in the place of the container');
    }
    const query = parseInner(parsing);
    return { kind: 'query', query, each: false, alias: parseAlias(parsing) };
  }
  const start = cursor.peek();
  const name = cursor.expectName();
  if (cursor.takeKeyword('IN')) {
    return parseElements(parsing, { base, alias: name });
  }
  const at = { start: start.start, end: start.end };
  const first: Expression = base === 'container' ? { kind: 'root' } : { kind: 'name', name, at };
  const of = parseProperties(parsing, first);
  return { kind: 'expression', of, each: false, alias: parseAlias(parsing) ?? lastName(of) ?? name };
}

/** `alias IN path`, or `alias IN (SELECT …)`. */
function parseElements(parsing: Parsing, { base, alias }: { readonly base: Base; readonly alias: string }): Source {
  const { cursor } = parsing;
  if (cursor.takeSymbol('(')) {
    if (base === 'container') {
      throw notCarried('a subquery in the place of the container');
    }
    return { kind: 'query', query: parseInner(parsing), each: true, alias };
  }
  if (base === 'value') {
    return { kind: 'expression', of: parsePrimary(parsing), each: true, alias };
  }
  cursor.expectName();
  return { kind: 'expression', of: parseProperties(parsing, { kind: 'root' }), each: true, alias };
}

function parseInner(parsing: Parsing): Query {
  const query = nested(parsing, parsing.query);
  parsing.cursor.expectSymbol(')');
  return query;
}

function parseAlias({ cursor }: Parsing): string | undefined {
  if (cursor.takeKeyword('AS')) {
    return cursor.expectName();
  }
  const { kind, value } = cursor.peek();
  const isName = kind === 'word' && !isReserved(value) && !cursor.isKeyword('OFFSET') && !cursor.isKeyword('LIMIT');
  return isName ? cursor.expectName() : undefined;
}

/** A path without an alias is known by its last name. */
function lastName(of: Expression): string | undefined {
  return of.kind === 'property' && of.name.kind === 'literal' && typeof of.name.value === 'string'
    ? of.name.value
    : undefined;
}
