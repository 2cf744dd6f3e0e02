import { notCarried } from './query-error.ts';
import type { Expression, Query } from './syntax.ts';
import type { TokenCursor } from './token-cursor.ts';

/** What the parts of the parser share: where they are, and the way down again. */
export interface Parsing {
  readonly cursor: TokenCursor;
  /** One whole expression, from the loosest operator. */
  readonly expression: () => Expression;
  /** A query from SELECT on, up to what cannot belong to it. */
  readonly query: () => Query;
  /** All queries that have been read, inner ones first; they are checked when the syntax of the whole is right. */
  readonly queries: Query[];
  /** How deep the text is nested here. */
  readonly nesting: { depth: number };
}

const deepestNesting = 200;

/** Runs a step one level further down. Throws `QueryError` where that is too deep. */
export function nested<T>({ nesting }: Parsing, parse: () => T): T {
  nesting.depth += 1;
  if (nesting.depth > deepestNesting) {
    throw notCarried(`a query nested deeper than ${deepestNesting} levels`);
  }
  const parsed = parse();
  nesting.depth -= 1;
  return parsed;
}

/** Expressions between commas up to the closing symbol, which is consumed. */
export function parseList({ cursor, expression }: Parsing, close: string): readonly Expression[] {
  const list: Expression[] = [];
  if (cursor.takeSymbol(close)) {
    return list;
  }
  do {
    list.push(expression());
  } while (cursor.takeSymbol(','));
  cursor.expectSymbol(close);
  return list;
}
