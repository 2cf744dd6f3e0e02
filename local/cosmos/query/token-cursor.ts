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
  /** A word that is none of the reserved ones: the name of a property, an alias. */
  readonly expectName: () => string;
  /** Where the last consumed token ends in the text. */
  readonly lastEnd: () => number;
  /** How many tokens have been consumed. */
  readonly position: () => number;
  /** Whether parentheses enclose all that stands between that position and this one. */
  readonly isEnclosed: (start: number) => boolean;
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
  const expect = (found: boolean): void => {
    if (!take(found)) {
      throw unexpectedToken(peek());
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
    expectName: () => {
      if (peek().kind !== 'word' || isReserved(peek().value)) {
        throw unexpectedToken(peek());
      }
      return next().value;
    },
    lastEnd: () => tokens[index - 1]?.end ?? 0,
    position: () => index,
    isEnclosed: (start) => areEnclosed(tokens.slice(start, index)),
    unexpected: () => unexpectedToken(peek()),
  };
}

function unexpectedToken({ kind, value, start, end }: Token): QueryError {
  const near = kind === 'end' ? 'the end of the query' : `'${value}'`;
  return new QueryError('SC1001', `Syntax error, incorrect syntax near ${near}.`, { start, end });
}

function areEnclosed(tokens: readonly Token[]): boolean {
  let depth = 0;
  return tokens.every(({ kind, value }, at) => {
    depth += kind === 'symbol' ? Number(value === '(') - Number(value === ')') : 0;
    return depth > 0 || at === tokens.length - 1;
  });
}

/**
 * Words that are no names, not even behind a dot: `c.value` is a syntax error in the service, `c["value"]` is not
 * (keywords of the grammar in Azure/azure-cosmos-dotnet-v3, sql.g4).
 */
const reserved = new Set(
  (
    'AND ARRAY AS ASC BETWEEN BY DESC DISTINCT ESCAPE EXISTS FALSE FROM GROUP IN JOIN LIKE NOT NULL OR ORDER SELECT ' +
    'TOP TRUE UDF UNDEFINED VALUE WHERE'
  ).split(' '),
);

export function isReserved(word: string): boolean {
  return reserved.has(word.toUpperCase());
}
