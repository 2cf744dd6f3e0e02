import type { Value } from '../json.ts';
import { fixed, type FunctionEntry, type QueryFunction } from './query-function.ts';

function ofNumber(apply: (value: number) => number): QueryFunction {
  return fixed(1, ([value]) => (typeof value === 'number' ? known(apply(value)) : undefined));
}

function ofTwo(apply: (first: number, second: number) => number): QueryFunction {
  return fixed(2, ([first, second]) =>
    typeof first === 'number' && typeof second === 'number' ? known(apply(first, second)) : undefined,
  );
}

/** JSON has no word for what is no number. */
function known(value: number): Value {
  return Number.isFinite(value) ? value : undefined;
}

/** Halves go away from zero. */
function round(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

/** To so many decimal places. */
function roundTo(value: Value, places: Value): Value {
  if (typeof value !== 'number' || (places !== undefined && !Number.isInteger(places))) {
    return undefined;
  }
  const scale = 10 ** Number(places ?? 0);
  return known(round(value * scale) / scale);
}

/** Rounds down to a multiple of the size (learn.microsoft.com/azure/cosmos-db/nosql/query/numberbin). */
function bin(value: Value, size: Value = 1): Value {
  if (typeof value !== 'number' || typeof size !== 'number' || size === 0) {
    return undefined;
  }
  return known(Math.floor(value / size) * size);
}

export const numberFunctions: readonly FunctionEntry[] = [
  ['ABS', ofNumber(Math.abs)],
  ['ACOS', ofNumber(Math.acos)],
  ['ASIN', ofNumber(Math.asin)],
  ['ATAN', ofNumber(Math.atan)],
  ['ATN2', ofTwo(Math.atan2)],
  ['CEILING', ofNumber(Math.ceil)],
  ['COS', ofNumber(Math.cos)],
  ['COT', ofNumber((value) => 1 / Math.tan(value))],
  ['DEGREES', ofNumber((value) => (value * 180) / Math.PI)],
  ['EXP', ofNumber(Math.exp)],
  ['FLOOR', ofNumber(Math.floor)],
  ['LOG', { fewest: 1, most: 2, apply: logarithm }],
  ['LOG10', ofNumber(Math.log10)],
  ['NUMBERBIN', { fewest: 1, most: 2, apply: ([value, size]) => bin(value, size) }],
  ['PI', fixed(0, () => Math.PI)],
  ['POWER', ofTwo((base, exponent) => base ** exponent)],
  ['RADIANS', ofNumber((value) => (value * Math.PI) / 180)],
  ['RAND', fixed(0, () => Math.random())],
  ['ROUND', { fewest: 1, most: 2, apply: ([value, places]) => roundTo(value, places) }],
  ['SIGN', ofNumber(Math.sign)],
  ['SIN', ofNumber(Math.sin)],
  ['SQRT', ofNumber(Math.sqrt)],
  ['SQUARE', ofNumber((value) => value * value)],
  ['TAN', ofNumber(Math.tan)],
  ['TRUNC', ofNumber(Math.trunc)],
];

/** The natural one, or the one of a base. */
function logarithm([value, base]: readonly Value[]): Value {
  if (typeof value !== 'number' || (base !== undefined && typeof base !== 'number')) {
    return undefined;
  }
  return known(base === undefined ? Math.log(value) : Math.log(value) / Math.log(base));
}
