import { readProperty, type Json, type JsonObject, type Value } from '../json.ts';
import { compareScalars, equalValues } from './compare-values.ts';
import { findFunction } from './functions.ts';
import { QueryError } from './query-error.ts';
import type { AggregateName, BinaryOperator, Expression, UnaryOperator } from './syntax.ts';

/** What an expression sees: the item, the parameters by name (with `@`), and the results of the aggregates. */
export interface Scope {
  readonly item: Value;
  readonly parameters: ReadonlyMap<string, Json>;
  readonly aggregates: readonly Value[];
}

export type Evaluate = (scope: Scope) => Value;

/** An aggregate that was met while compiling; its result is read from `scope.aggregates` at its place in the list. */
export interface AggregateSlot {
  readonly name: AggregateName;
  readonly argument: Evaluate;
}

/** Turns an expression into a closure. Aggregates are added to `slots`. */
export function compileExpression(expression: Expression, slots: AggregateSlot[] = []): Evaluate {
  const compile = (part: Expression): Evaluate => compileExpression(part, slots);
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'undefined':
      return () => undefined;
    case 'item':
      return (scope) => scope.item;
    case 'parameter': {
      const { name } = expression;
      return (scope) => scope.parameters.get(name);
    }
    case 'property':
      return compileProperty(compile(expression.of), expression.name, compile);
    case 'unary':
      return compileUnary(expression.operator, compile(expression.operand));
    case 'binary':
      return compileBinary(expression.operator, compile(expression.left), compile(expression.right));
    case 'between':
      return compileBetween(compile(expression.value), compile(expression.low), compile(expression.high));
    case 'in':
      return compileIn(compile(expression.value), expression.list.map(compile));
    case 'call':
      return compileCall(expression.name, expression.args.map(compile));
    case 'aggregate': {
      const index = slots.push({ name: expression.name, argument: compileExpression(expression.argument) }) - 1;
      return (scope) => scope.aggregates[index];
    }
    case 'array': {
      const items = expression.items.map(compile);
      return (scope) => items.map((item) => item(scope) ?? null);
    }
    case 'object':
      return compileObject(expression.entries.map((entry) => [entry.name, compile(entry.value)] as const));
    case 'conditional':
      return compileConditional(
        compile(expression.condition),
        compile(expression.whenTrue),
        compile(expression.whenFalse),
      );
  }
}

function compileProperty(of: Evaluate, name: Expression, compile: (part: Expression) => Evaluate): Evaluate {
  if (name.kind === 'literal') {
    const { value } = name;
    return (scope) => readProperty(of(scope), value);
  }
  const evaluate = compile(name);
  return (scope) => readProperty(of(scope), evaluate(scope));
}

function compileUnary(operator: UnaryOperator, operand: Evaluate): Evaluate {
  if (operator === 'NOT') {
    return (scope) => {
      const value = operand(scope);
      return typeof value === 'boolean' ? !value : undefined;
    };
  }
  const sign = operator === '-' ? -1 : 1;
  return (scope) => {
    const value = operand(scope);
    return typeof value === 'number' ? sign * value : undefined;
  };
}

function compileBinary(operator: BinaryOperator, left: Evaluate, right: Evaluate): Evaluate {
  switch (operator) {
    case 'AND':
      return compileLogic({ left, right, decisive: false });
    case 'OR':
      return compileLogic({ left, right, decisive: true });
    case '??':
      return (scope) => {
        const value = left(scope);
        return value === undefined ? right(scope) : value;
      };
    case '=':
      return (scope) => equality(left(scope), right(scope));
    case '!=':
      return (scope) => negate(equality(left(scope), right(scope)));
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const test = orderTests[operator];
      return (scope) => {
        const order = compareScalars(left(scope), right(scope));
        return order === undefined ? undefined : test(order);
      };
    }
    case '||':
      return (scope) => {
        const [start, end] = [left(scope), right(scope)];
        return typeof start === 'string' && typeof end === 'string' ? start + end : undefined;
      };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%': {
      const apply = arithmetic[operator];
      return (scope) => {
        const [start, end] = [left(scope), right(scope)];
        return typeof start === 'number' && typeof end === 'number' ? apply(start, end) : undefined;
      };
    }
  }
}

/** Three-valued: the decisive side wins, else undefined wins, else the other. What is no boolean counts as undefined. */
function compileLogic({ left, right, decisive }: { left: Evaluate; right: Evaluate; decisive: boolean }): Evaluate {
  return (scope) => {
    const first = left(scope);
    if (first === decisive) {
      return decisive;
    }
    const second = right(scope);
    if (second === decisive) {
      return decisive;
    }
    return typeof first === 'boolean' && typeof second === 'boolean' ? !decisive : undefined;
  };
}

function equality(left: Value, right: Value): boolean | undefined {
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

const arithmetic = {
  '+': (left: number, right: number) => left + right,
  '-': (left: number, right: number) => left - right,
  '*': (left: number, right: number) => left * right,
  '/': (left: number, right: number) => left / nonZero(right),
  '%': (left: number, right: number) => left % nonZero(right),
} as const;

/** The service refuses the whole query for a division by zero, with the code 4001. */
function nonZero(divisor: number): number {
  if (divisor === 0) {
    throw new QueryError('4001', 'Division by zero.');
  }
  return divisor;
}

function compileBetween(value: Evaluate, low: Evaluate, high: Evaluate): Evaluate {
  return (scope) => {
    const subject = value(scope);
    const above = compareScalars(subject, low(scope));
    const below = compareScalars(subject, high(scope));
    return above === undefined || below === undefined ? undefined : above >= 0 && below <= 0;
  };
}

function compileIn(value: Evaluate, list: readonly Evaluate[]): Evaluate {
  return (scope) => {
    const subject = value(scope);
    if (subject === undefined) {
      return undefined;
    }
    return list.some((item) => equality(subject, item(scope)) === true);
  };
}

function compileCall(name: string, args: readonly Evaluate[]): Evaluate {
  const known = findFunction(name);
  if (known === undefined) {
    throw new QueryError('SC2005', `'${name}' is not a function that the embedded Cosmos DB carries.`);
  }
  return (scope) => known.apply(args.map((argument) => argument(scope)));
}

function compileObject(entries: readonly (readonly [string, Evaluate])[]): Evaluate {
  return (scope) => buildObject(entries, scope);
}

/** An object of the values that are defined, in the order of the entries. */
export function buildObject(entries: readonly (readonly [string, Evaluate])[], scope: Scope): JsonObject {
  const pairs: [string, Json][] = [];
  for (const [name, evaluate] of entries) {
    const value = evaluate(scope);
    if (value !== undefined) {
      pairs.push([name, value]);
    }
  }
  return Object.fromEntries(pairs);
}

function compileConditional(condition: Evaluate, then: Evaluate, otherwise: Evaluate): Evaluate {
  return (scope) => (condition(scope) === true ? then(scope) : otherwise(scope));
}
