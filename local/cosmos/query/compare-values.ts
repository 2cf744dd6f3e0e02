import { isArray, isObject, type Json, type Value } from '../json.ts';

/**
 * How values compare. Equality across types is false, an order across types is undefined, and so is every comparison
 * with undefined: as in the evaluator that Microsoft keeps beside its SDK (Azure/azure-cosmos-dotnet-v3,
 * ScalarExpressionEvaluator), which is what `c.x != null` in the field relies on.
 */
export function equalValues(left: Json, right: Json): boolean {
  if (left === right) {
    return true;
  }
  if (isArray(left) && isArray(right)) {
    return left.length === right.length && left.every((item, index) => equalOrAbsent(item, right[index]));
  }
  if (isObject(left) && isObject(right)) {
    const names = Object.keys(left);
    return (
      names.length === Object.keys(right).length &&
      names.every((name) => Object.hasOwn(right, name) && equalOrAbsent(left[name], right[name]))
    );
  }
  return false;
}

function equalOrAbsent(left: Value, right: Value): boolean {
  return left !== undefined && right !== undefined && equalValues(left, right);
}

/** Less than 0, 0 or more for two scalars of one type; undefined for all else. */
export function compareScalars(left: Value, right: Value): number | undefined {
  if (typeof left === 'number' && typeof right === 'number') {
    return left - right;
  }
  if (typeof left === 'string' && typeof right === 'string') {
    return compareText(left, right);
  }
  if (typeof left === 'boolean' && typeof right === 'boolean') {
    return Number(left) - Number(right);
  }
  return left === null && right === null ? 0 : undefined;
}

/** The total order of ORDER BY, MIN and MAX: undefined, null, booleans, numbers, strings, arrays, objects. */
export function orderValues(left: Value, right: Value): number {
  const rank = typeRank(left) - typeRank(right);
  if (rank !== 0) {
    return rank;
  }
  return compareScalars(left, right) ?? compareText(JSON.stringify(left) ?? '', JSON.stringify(right) ?? '');
}

function typeRank(value: Value): number {
  if (value === undefined || value === null) {
    return value === undefined ? 0 : 1;
  }
  if (typeof value === 'object') {
    return isArray(value) ? 5 : 6;
  }
  if (typeof value === 'boolean') {
    return 2;
  }
  return typeof value === 'number' ? 3 : 4;
}

function compareText(left: string, right: string): number {
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
}
