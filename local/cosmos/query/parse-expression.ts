import { parsePrimary } from './parse-primary.ts';
import { nested, parseList, type Parsing } from './parsing.ts';
import { notCarried, QueryError } from './query-error.ts';
import type { BinaryOperator, Expression } from './syntax.ts';

type Parse = (parsing: Parsing) => Expression;

/**
 * Parses one scalar expression. From loose to tight: `? :`, `??`, OR, AND, comparison (with IN, BETWEEN and LIKE),
 * `& ^ |`, `||`, shifts, `+ -`, `* / %`, unary (NOT among them), property access.
 */
export function parseExpression(parsing: Parsing): Expression {
  return nested(parsing, () => parseConditional(parsing));
}

function parseConditional(parsing: Parsing): Expression {
  const condition = parseCoalesce(parsing);
  if (!parsing.cursor.takeSymbol('?')) {
    return condition;
  }
  const whenTrue = parsing.expression();
  parsing.cursor.expectSymbol(':');
  return { kind: 'conditional', condition, whenTrue, whenFalse: parsing.expression() };
}

const parseMultiplicative = leftAssociative(parseUnary, ['*', '/', '%']);
const parseAdditive = leftAssociative(parseMultiplicative, ['+', '-']);
const parseShift = leftAssociative(parseAdditive, ['<<', '>>>', '>>']);
const parseConcatenation = leftAssociative(parseShift, ['||']);
const parseBitAnd = leftAssociative(parseConcatenation, ['&']);
const parseBitXor = leftAssociative(parseBitAnd, ['^']);
const parseBitOr = leftAssociative(parseBitXor, ['|']);
const parseAnd = logical(parseComparison, 'AND');
const parseOr = logical(parseAnd, 'OR');
const parseCoalesce = leftAssociative(parseOr, ['??']);

const comparisons = ['=', '!=', '<=', '>=', '<', '>'] as const;

function parseComparison(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const left = parseOperand(parsing);
  if (cursor.takeSymbol('<>')) {
    return { kind: 'binary', operator: '!=', left: plain(left), right: plain(parseOperand(parsing)) };
  }
  const operator = comparisons.find((symbol) => cursor.takeSymbol(symbol));
  if (operator !== undefined) {
    return { kind: 'binary', operator, left: plain(left), right: plain(parseOperand(parsing)) };
  }
  return parseMembership(parsing, left);
}

interface Operand {
  readonly expression: Expression;
  /** It has a bit operator that no parentheses enclose. */
  readonly hasBareBits: boolean;
}

function parseOperand(parsing: Parsing): Operand {
  const start = parsing.cursor.position();
  const expression = parseBitOr(parsing);
  const isBits = expression.kind === 'binary' && ['&', '|', '^'].includes(expression.operator);
  return { expression, hasBareBits: isBits && !parsing.cursor.isEnclosed(start) };
}

/** Languages disagree whether `a & b = c` compares first; what would read differently is refused instead of guessed. */
function plain({ expression, hasBareBits }: Operand): Expression {
  if (hasBareBits) {
    throw notCarried('a bit operator beside a comparison without parentheses: write (a & b) = c');
  }
  return expression;
}

function parseMembership(parsing: Parsing, value: Operand): Expression {
  const { cursor } = parsing;
  const negated = cursor.takeKeyword('NOT');
  const wrap = (expression: Expression): Expression =>
    negated ? { kind: 'unary', operator: 'NOT', operand: expression } : expression;
  if (cursor.takeKeyword('IN')) {
    cursor.expectSymbol('(');
    return wrap({ kind: 'in', value: plain(value), list: parseList(parsing, ')') });
  }
  if (cursor.takeKeyword('BETWEEN')) {
    const low = parseConcatenation(parsing);
    cursor.expectKeyword('AND');
    return wrap({ kind: 'between', value: plain(value), low, high: parseConcatenation(parsing) });
  }
  if (cursor.takeKeyword('LIKE')) {
    const pattern = parseConcatenation(parsing);
    return wrap({ kind: 'like', value: plain(value), pattern, escape: parseEscape(parsing) });
  }
  if (negated) {
    throw cursor.unexpected();
  }
  return value.expression;
}

function parseEscape({ cursor }: Parsing): string | undefined {
  if (!cursor.takeKeyword('ESCAPE')) {
    return undefined;
  }
  const token = cursor.next();
  if (token.kind !== 'string' || token.value.length !== 1) {
    throw new QueryError('SC1001', 'Syntax error, ESCAPE needs one character in quotes.', token);
  }
  return token.value;
}

function parseUnary(parsing: Parsing): Expression {
  const { cursor } = parsing;
  if (cursor.takeKeyword('NOT')) {
    return parseNot(parsing);
  }
  const sign = (['-', '+', '~'] as const).find((symbol) => cursor.takeSymbol(symbol));
  if (sign === undefined) {
    return parsePrimary(parsing);
  }
  return { kind: 'unary', operator: sign, operand: nested(parsing, () => parseUnary(parsing)) };
}

/**
 * The service's grammar makes NOT a unary operator, tighter than a comparison, which few people expect. An operand that
 * would read differently in the two ways is refused instead of guessed.
 */
function parseNot(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const operand = nested(parsing, () => parseUnary(parsing));
  const symbols = [...comparisons, '<>', '+', '-', '*', '/', '%', '||', '&', '|', '^', '<<', '>>', '>>>'];
  const ambiguous =
    symbols.some((symbol) => cursor.isSymbol(symbol)) ||
    ['IN', 'BETWEEN', 'LIKE', 'NOT'].some((keyword) => cursor.isKeyword(keyword));
  if (ambiguous) {
    throw notCarried('NOT before a comparison without parentheses: write NOT (…)');
  }
  return { kind: 'unary', operator: 'NOT', operand };
}

/** Each operator makes the tree one level deeper, and whoever walks it goes as deep. */
const longestChain = 500;

function leftAssociative(parseOperandOf: Parse, operators: readonly BinaryOperator[]): Parse {
  return (parsing) => {
    let left = parseOperandOf(parsing);
    for (let length = 0; ; length += 1) {
      const operator = operators.find((symbol) => parsing.cursor.takeSymbol(symbol));
      if (operator === undefined) {
        return left;
      }
      if (length === longestChain) {
        throw notCarried(`more than ${longestChain} operators in a row without parentheses`);
      }
      left = { kind: 'binary', operator, left, right: parseOperandOf(parsing) };
    }
  };
}

/** A long chain of AND or OR becomes a flat tree: the result is the same in any grouping, and so is the order. */
function logical(parseTerm: Parse, operator: 'AND' | 'OR'): Parse {
  const join = (terms: readonly Expression[], start: number, end: number): Expression | undefined => {
    if (end - start < 2) {
      return terms[start];
    }
    const middle = start + Math.ceil((end - start) / 2);
    const [left, right] = [join(terms, start, middle), join(terms, middle, end)];
    return left === undefined || right === undefined ? (left ?? right) : { kind: 'binary', operator, left, right };
  };
  return (parsing) => {
    const first = parseTerm(parsing);
    const terms = [first];
    while (parsing.cursor.takeKeyword(operator)) {
      terms.push(parseTerm(parsing));
    }
    return join(terms, 0, terms.length) ?? first;
  };
}
