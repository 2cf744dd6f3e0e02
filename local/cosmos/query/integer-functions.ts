import type { Value } from '../json.ts';
import { fixed, type FunctionEntry, type QueryFunction } from './query-function.ts';

/** 64-bit signed arithmetic (learn.microsoft.com/azure/cosmos-db/nosql/query/intadd and its neighbours). */
function ofIntegers(apply: (first: bigint, second: bigint) => bigint | undefined): QueryFunction {
  return fixed(2, ([first, second]) => {
    const [left, right] = [readInteger(first), readInteger(second)];
    return left === undefined || right === undefined ? undefined : writeInteger(apply(left, right));
  });
}

function readInteger(value: Value): bigint | undefined {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2 ** 63 ? BigInt(value) : undefined;
}

/** A result beyond 64 bits wraps around. */
function writeInteger(value: bigint | undefined): Value {
  return value === undefined ? undefined : Number(BigInt.asIntN(64, value));
}

/** Shifts by a negative number, or by the whole width and more, are undefined. */
function shift(apply: (value: bigint, by: bigint) => bigint): (value: bigint, by: bigint) => bigint | undefined {
  return (value, by) => (by < 0n || by > 63n ? undefined : apply(value, by));
}

export const integerFunctions: readonly FunctionEntry[] = [
  ['INTADD', ofIntegers((first, second) => first + second)],
  ['INTBITAND', ofIntegers((first, second) => first & second)],
  ['INTBITLEFTSHIFT', ofIntegers(shift((value, by) => value << by))],
  ['INTBITNOT', fixed(1, ([value]) => notOf(readInteger(value)))],
  ['INTBITOR', ofIntegers((first, second) => first | second)],
  ['INTBITRIGHTSHIFT', ofIntegers(shift((value, by) => value >> by))],
  ['INTBITXOR', ofIntegers((first, second) => first ^ second)],
  ['INTDIV', ofIntegers((first, second) => (second === 0n ? undefined : first / second))],
  ['INTMOD', ofIntegers((first, second) => (second === 0n ? undefined : first % second))],
  ['INTMUL', ofIntegers((first, second) => first * second)],
  ['INTSUB', ofIntegers((first, second) => first - second)],
];

function notOf(value: bigint | undefined): Value {
  return writeInteger(value === undefined ? undefined : ~value);
}
