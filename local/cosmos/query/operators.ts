import { compareScalars, equalValues } from './compare-values.ts';
import type { Evaluate } from './frame.ts';
import { QueryError } from './query-error.ts';
import type { BinaryOperator, NumberOperator, UnaryOperator } from './syntax.ts';
import type { Value } from '../json.ts';

export function compileUnary(operator: UnaryOperator, operand: Evaluate): Evaluate {
  if (operator === 'NOT') {
    return (frame) => {
      const value = operand(frame);
      return typeof value === 'boolean' ? !value : undefined;
    };
  }
  const apply = signs[operator];
  return (frame) => {
    const value = operand(frame);
    return typeof value === 'number' ? apply(value) : undefined;
  };
}

const signs = {
  '-': (value: number) => -value,
  '+': (value: number) => value,
  '~': (value: number) => ~value,
} as const;

export function compileBinary(operator: BinaryOperator, left: Evaluate, right: Evaluate): Evaluate {
  switch (operator) {
    case 'AND':
      return compileLogic({ left, right, decisive: false });
    case 'OR':
      return compileLogic({ left, right, decisive: true });
    case '??':
      return (frame) => {
        const value = left(frame);
        return value === undefined ? right(frame) : value;
      };
    case '=':
      return (frame) => equality(left(frame), right(frame));
    case '!=':
      return (frame) => negate(equality(left(frame), right(frame)));
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const test = orderTests[operator];
      return (frame) => {
        const order = compareScalars(left(frame), right(frame));
        return order === undefined ? undefined : test(order);
      };
    }
    case '||':
      return (frame) => {
        const [start, end] = [left(frame), right(frame)];
        return typeof start === 'string' && typeof end === 'string' ? start + end : undefined;
      };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '&':
    case '|':
    case '^':
    case '<<':
    case '>>':
    case '>>>':
      return compileArithmetic(operator, left, right);
  }
}

function compileArithmetic(operator: NumberOperator, left: Evaluate, right: Evaluate): Evaluate {
  const apply = arithmetic[operator];
  return (frame) => {
    const [start, end] = [left(frame), right(frame)];
    return typeof start === 'number' && typeof end === 'number' ? apply(start, end) : undefined;
  };
}

/** Three-valued: the decisive side wins, else undefined wins, else the other. What is no boolean counts as undefined. */
function compileLogic({ left, right, decisive }: { left: Evaluate; right: Evaluate; decisive: boolean }): Evaluate {
  return (frame) => {
    const first = left(frame);
    if (first === decisive) {
      return decisive;
    }
    const second = right(frame);
    if (second === decisive) {
      return decisive;
    }
    return typeof first === 'boolean' && typeof second === 'boolean' ? !decisive : undefined;
  };
}

export function equality(left: Value, right: Value): boolean | undefined {
  return left === undefined || right === undefined ? undefined : equalValues(left, right);
}

function negate(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

const orderTests = {
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
} as const;

/** Bits are those of JavaScript: 32 of them, signed (learn.microsoft.com/azure/cosmos-db/nosql/query/bitwise-operators). */
const arithmetic = {
  '+': (left: number, right: number) => left + right,
  '-': (left: number, right: number) => left - right,
  '*': (left: number, right: number) => left * right,
  '/': (left: number, right: number) => left / nonZero(right),
  '%': (left: number, right: number) => left % nonZero(right),
  '&': (left: number, right: number) => left & right,
  '|': (left: number, right: number) => left | right,
  '^': (left: number, right: number) => left ^ right,
  '<<': (left: number, right: number) => left << right,
  '>>': (left: number, right: number) => left >> right,
  '>>>': (left: number, right: number) => left >>> right,
} as const;

/** The service refuses the whole query for a division by zero, with the code 4001. */
function nonZero(divisor: number): number {
  if (divisor === 0) {
    throw new QueryError('4001', 'Division by zero.');
  }
  return divisor;
}
