import { parsePrimary } from './parse-primary.ts';
import { parseList, type Parsing } from './parsing.ts';
import { notCarried } from './query-error.ts';
import type { BinaryOperator, Expression } from './syntax.ts';
import type { TokenCursor } from './token-cursor.ts';

type Parse = (parsing: Parsing) => Expression;

/**
 * Parses one scalar expression. From loose to tight: `? :`, `??`, OR, AND, comparison (with IN and BETWEEN), `||`,
 * `+ -`, `* / %`, unary (NOT among them), property access.
 */
export function parseExpression(cursor: TokenCursor, alias: string): Expression {
  const parsing: Parsing = { cursor, alias, expression: () => parseConditional(parsing) };
  return parsing.expression();
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
const parseConcatenation = leftAssociative(parseAdditive, ['||']);
const parseAnd = leftAssociativeKeyword(parseComparison, 'AND');
const parseOr = leftAssociativeKeyword(parseAnd, 'OR');
const parseCoalesce = leftAssociative(parseOr, ['??']);

const comparisons = ['=', '!=', '<=', '>=', '<', '>'] as const;
const bitOperators = ['&', '|', '^', '<<', '>>'] as const;

function parseComparison(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const left = parseConcatenation(parsing);
  if (cursor.takeSymbol('<>')) {
    return { kind: 'binary', operator: '!=', left, right: parseConcatenation(parsing) };
  }
  const operator = comparisons.find((symbol) => cursor.takeSymbol(symbol));
  if (operator !== undefined) {
    return { kind: 'binary', operator, left, right: parseConcatenation(parsing) };
  }
  const bits = bitOperators.find((symbol) => cursor.isSymbol(symbol));
  if (bits !== undefined) {
    throw notCarried(`the bit operator ${bits}`);
  }
  return parseMembership(parsing, left);
}

function parseMembership(parsing: Parsing, value: Expression): Expression {
  const { cursor } = parsing;
  const negated = cursor.takeKeyword('NOT');
  const wrap = (expression: Expression): Expression =>
    negated ? { kind: 'unary', operator: 'NOT', operand: expression } : expression;
  if (cursor.takeKeyword('IN')) {
    cursor.expectSymbol('(');
    return wrap({ kind: 'in', value, list: parseList(parsing, ')') });
  }
  if (cursor.takeKeyword('BETWEEN')) {
    const low = parseConcatenation(parsing);
    cursor.expectKeyword('AND');
    return wrap({ kind: 'between', value, low, high: parseConcatenation(parsing) });
  }
  if (cursor.isKeyword('LIKE')) {
    throw notCarried('LIKE (use STARTSWITH, ENDSWITH or CONTAINS)');
  }
  if (negated) {
    throw cursor.unexpected();
  }
  return value;
}

function parseUnary(parsing: Parsing): Expression {
  const { cursor } = parsing;
  if (cursor.isSymbol('~')) {
    throw notCarried('the bit operator ~');
  }
  if (cursor.takeKeyword('NOT')) {
    return parseNot(parsing);
  }
  const sign = (['-', '+'] as const).find((symbol) => cursor.takeSymbol(symbol));
  return sign === undefined ? parsePrimary(parsing) : { kind: 'unary', operator: sign, operand: parseUnary(parsing) };
}

/**
 * The service's grammar makes NOT a unary operator, tighter than a comparison, which few people expect. An operand that
 * would read differently in the two ways is refused instead of guessed.
 */
function parseNot(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const operand = parseUnary(parsing);
  const ambiguous =
    [...comparisons, '<>', '+', '-', '*', '/', '%', '||'].some((symbol) => cursor.isSymbol(symbol)) ||
    ['IN', 'BETWEEN', 'LIKE', 'NOT'].some((keyword) => cursor.isKeyword(keyword));
  if (ambiguous) {
    throw notCarried('NOT before a comparison without parentheses: write NOT (…)');
  }
  return { kind: 'unary', operator: 'NOT', operand };
}

function leftAssociative(parseOperand: Parse, operators: readonly BinaryOperator[]): Parse {
  return (parsing) => {
    let left = parseOperand(parsing);
    for (;;) {
      const operator = operators.find((symbol) => parsing.cursor.takeSymbol(symbol));
      if (operator === undefined) {
        return left;
      }
      left = { kind: 'binary', operator, left, right: parseOperand(parsing) };
    }
  };
}

function leftAssociativeKeyword(parseOperand: Parse, operator: 'AND' | 'OR'): Parse {
  return (parsing) => {
    let left = parseOperand(parsing);
    while (parsing.cursor.takeKeyword(operator)) {
      left = { kind: 'binary', operator, left, right: parseOperand(parsing) };
    }
    return left;
  };
}
