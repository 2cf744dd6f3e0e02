import type { Expression } from './syntax.ts';
import type { TokenCursor } from './token-cursor.ts';

/** What the parts of the expression parser share: where they are, the item's alias, and the way down again. */
export interface Parsing {
  readonly cursor: TokenCursor;
  readonly alias: string;
  /** One whole expression, from the loosest operator. */
  readonly expression: () => Expression;
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
