import { QueryError } from './query-error.ts';
import { tokenize, type Token } from './tokenize.ts';

/** A place in a token list. Keywords are matched without regard to case. */
export interface TokenCursor {
  readonly peek: () => Token;
  readonly next: () => Token;
  /** Steps over the keyword when it is next, and says whether it was. */
  readonly takeKeyword: (keyword: string) => boolean;
  readonly takeSymbol: (symbol: string) => boolean;
  readonly isKeyword: (keyword: string) => boolean;
  readonly isSymbol: (symbol: string) => boolean;
  readonly expectKeyword: (keyword: string) => void;
  readonly expectSymbol: (symbol: string) => void;
  /** The error for a token that fits nowhere here. */
  readonly unexpected: () => QueryError;
}

export function openTokenCursor(text: string): TokenCursor {
  const tokens = tokenize(text);
  let index = 0;
  const peek = (): Token => tokens[index] ?? { kind: 'end', value: '', start: text.length, end: text.length };
  const next = (): Token => {
    const token = peek();
    index += 1;
    return token;
  };
  const isKeyword = (keyword: string): boolean => {
    const token = peek();
    return token.kind === 'word' && token.value.toUpperCase() === keyword;
  };
  const isSymbol = (symbol: string): boolean => peek().kind === 'symbol' && peek().value === symbol;
  const take = (found: boolean): boolean => {
    index += found ? 1 : 0;
    return found;
  };
  const unexpected = (): QueryError => {
    const token = peek();
    const near = token.kind === 'end' ? 'the end of the query' : `'${token.value}'`;
    return new QueryError('SC1001', `Syntax error, incorrect syntax near ${near} (at ${token.start}).`);
  };
  const expect = (found: boolean): void => {
    if (!take(found)) {
      throw unexpected();
    }
  };
  return {
    peek,
    next,
    isKeyword,
    isSymbol,
    takeKeyword: (keyword) => take(isKeyword(keyword)),
    takeSymbol: (symbol) => take(isSymbol(symbol)),
    expectKeyword: (keyword) => {
      expect(isKeyword(keyword));
    },
    expectSymbol: (symbol) => {
      expect(isSymbol(symbol));
    },
    unexpected,
  };
}
