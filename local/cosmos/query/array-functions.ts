import { isArray, isObject, type Json, type Value } from '../json.ts';
import { canonicalText } from './canonical-text.ts';
import { equalValues, orderValues } from './compare-values.ts';
import { fixed, unbounded, type FunctionEntry, type QueryFunction } from './query-function.ts';

function ofArray(apply: (list: readonly Json[]) => Value): QueryFunction {
  return fixed(1, ([list]) => (isArray(list) ? apply(list) : undefined));
}

function ofSets(apply: (left: readonly Json[], right: readonly Json[]) => readonly Json[]): QueryFunction {
  return fixed(2, ([left, right]) =>
    isArray(left) && isArray(right) ? apply(distinct(left), distinct(right)) : undefined,
  );
}

/** Undefined for a list of anything but numbers. */
function ofNumbers(apply: (numbers: readonly number[]) => number | undefined): QueryFunction {
  return ofArray((list) => (list.every((item) => typeof item === 'number') ? apply(list) : undefined));
}

export const arrayFunctions: readonly FunctionEntry[] = [
  ['ARRAY_AVG', ofNumbers((numbers) => (numbers.length === 0 ? undefined : sum(numbers) / numbers.length))],
  ['ARRAY_CONCAT', { fewest: 2, most: unbounded, apply: (lists) => (lists.every(isArray) ? lists.flat() : undefined) }],
  ['ARRAY_CONTAINS', { fewest: 2, most: 3, apply: arrayContains }],
  ['ARRAY_CONTAINS_ALL', { fewest: 2, most: unbounded, apply: containsAll }],
  ['ARRAY_CONTAINS_ANY', { fewest: 2, most: unbounded, apply: containsAny }],
  ['ARRAY_LENGTH', ofArray((list) => list.length)],
  ['ARRAY_MAX', ofArray((list) => extreme(list, 1))],
  ['ARRAY_MEDIAN', ofNumbers(median)],
  ['ARRAY_MIN', ofArray((list) => extreme(list, -1))],
  ['ARRAY_SLICE', { fewest: 2, most: 3, apply: slice }],
  ['ARRAY_SUM', ofNumbers(sum)],
  ['CHOOSE', { fewest: 2, most: unbounded, apply: ([index, ...values]) => choose(index, values) }],
  ['OBJECTTOARRAY', { fewest: 1, most: 3, apply: objectToArray }],
  ['SETDIFFERENCE', ofSets(difference)],
  ['SETEQUAL', fixed(2, ([left, right]) => (isArray(left) && isArray(right) ? areEqualSets(left, right) : undefined))],
  ['SETINTERSECT', ofSets(intersection)],
  ['SETUNION', ofSets((left, right) => distinct([...left, ...right]))],
];

function arrayContains([list, wanted, partial]: readonly Value[]): Value {
  if (list === undefined || wanted === undefined) {
    return undefined;
  }
  if (!isArray(list)) {
    return false;
  }
  return list.some((item) => (partial === true ? containsPart(item, wanted) : equalValues(item, wanted)));
}

function containsPart(item: Json, wanted: Json): boolean {
  if (!isObject(item) || !isObject(wanted)) {
    return equalValues(item, wanted);
  }
  return Object.entries(wanted).every(([name, value]) => {
    const found = Object.hasOwn(item, name) ? item[name] : undefined;
    return found !== undefined && containsPart(found, value);
  });
}

/** False as soon as one value is missing; else undefined when one is undefined. */
function containsAll([list, ...wanted]: readonly Value[]): Value {
  const found = wanted.map((value) => contains(list, value));
  return found.includes(false) ? false : noneUndefined(found, true);
}

function containsAny([list, ...wanted]: readonly Value[]): Value {
  const found = wanted.map((value) => contains(list, value));
  return found.includes(true) ? true : noneUndefined(found, false);
}

function noneUndefined(found: readonly (boolean | undefined)[], otherwise: boolean): boolean | undefined {
  return found.includes(undefined) ? undefined : otherwise;
}

function contains(list: Value, wanted: Value): boolean | undefined {
  return isArray(list) && wanted !== undefined ? list.some((item) => equalValues(item, wanted)) : undefined;
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) {
    total += number;
  }
  return total;
}

function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((left, right) => left - right);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

function extreme(list: readonly Json[], direction: 1 | -1): Value {
  let found: Value;
  for (const item of list) {
    if (found === undefined || orderValues(item, found) * direction > 0) {
      found = item;
    }
  }
  return found;
}

/** From the end where the start is negative; a negative length gives nothing. */
function slice([list, start, length]: readonly Value[]): Value {
  if (!isArray(list) || !isWhole(start) || (length !== undefined && !isWhole(length))) {
    return undefined;
  }
  const from = start < 0 ? Math.max(0, list.length + start) : start;
  return list.slice(from, length === undefined ? undefined : from + Math.max(0, length));
}

function isWhole(value: Value): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}

/** The first value has the index 1. */
function choose(index: Value, values: readonly Value[]): Value {
  return isWhole(index) ? values[index - 1] : undefined;
}

function objectToArray([value, keyName = 'k', valueName = 'v']: readonly Value[]): Value {
  if (!isObject(value) || typeof keyName !== 'string' || typeof valueName !== 'string') {
    return undefined;
  }
  return Object.entries(value).map(([name, member]) =>
    Object.fromEntries([
      [keyName, name],
      [valueName, member],
    ]),
  );
}

function distinct(list: readonly Json[]): readonly Json[] {
  return [...new Map(list.map((item) => [canonicalText(item), item])).values()];
}

function intersection(left: readonly Json[], right: readonly Json[]): readonly Json[] {
  const known = new Set(right.map(canonicalText));
  return left.filter((item) => known.has(canonicalText(item)));
}

function difference(left: readonly Json[], right: readonly Json[]): readonly Json[] {
  const known = new Set(right.map(canonicalText));
  return left.filter((item) => !known.has(canonicalText(item)));
}

function areEqualSets(left: readonly Json[], right: readonly Json[]): boolean {
  return difference(left, right).length === 0 && difference(right, left).length === 0;
}
