import { isArray, isObject, type Json, type Value } from '../json.ts';
import { equalValues } from './compare-values.ts';

/** A function of the query language: undefined out for arguments that do not fit, as in the service. */
export interface QueryFunction {
  readonly fewest: number;
  readonly most: number;
  readonly apply: (args: readonly Value[]) => Value;
}

/** Looks up a function by its upper-case name; undefined for one that is not carried. */
export function findFunction(name: string): QueryFunction | undefined {
  return functions.get(name);
}

const functions = new Map<string, QueryFunction>([
  ['IS_DEFINED', one((value) => value !== undefined)],
  ['IS_NULL', one((value) => value === null)],
  ['IS_BOOL', one((value) => typeof value === 'boolean')],
  ['IS_NUMBER', one((value) => typeof value === 'number')],
  ['IS_STRING', one((value) => typeof value === 'string')],
  ['IS_ARRAY', one(isArray)],
  ['IS_OBJECT', one(isObject)],
  ['IS_PRIMITIVE', one((value) => value !== undefined && !isArray(value) && !isObject(value))],
  ['STARTSWITH', textTest((text, part) => text.startsWith(part))],
  ['ENDSWITH', textTest((text, part) => text.endsWith(part))],
  ['CONTAINS', textTest((text, part) => text.includes(part))],
  ['STRINGEQUALS', textTest((text, part) => text === part)],
  ['ARRAY_CONTAINS', { fewest: 2, most: 3, apply: arrayContains }],
  ['ARRAY_LENGTH', one((value) => (isArray(value) ? value.length : undefined))],
  ['LOWER', one((value) => (typeof value === 'string' ? value.toLowerCase() : undefined))],
  ['UPPER', one((value) => (typeof value === 'string' ? value.toUpperCase() : undefined))],
  ['LENGTH', one((value) => (typeof value === 'string' ? value.length : undefined))],
  ['TRIM', one((value) => (typeof value === 'string' ? value.trim() : undefined))],
  ['CONCAT', { fewest: 2, most: 200, apply: concat }],
  ['SUBSTRING', { fewest: 3, most: 3, apply: substring }],
  ['INDEX_OF', { fewest: 2, most: 2, apply: ([text, part]) => textPair(text, part, (t, p) => t.indexOf(p)) }],
  ['ABS', number(Math.abs)],
  ['FLOOR', number(Math.floor)],
  ['CEILING', number(Math.ceil)],
  ['ROUND', number((value) => Math.sign(value) * Math.round(Math.abs(value)))],
  ['TRUNC', number(Math.trunc)],
  ['SQRT', number((value) => (value < 0 ? undefined : Math.sqrt(value)))],
  ['IIF', { fewest: 3, most: 3, apply: ([condition, then, otherwise]) => (condition === true ? then : otherwise) }],
]);

function one(apply: (value: Value) => Value): QueryFunction {
  return { fewest: 1, most: 1, apply: ([value]) => apply(value) };
}

function number(apply: (value: number) => Value): QueryFunction {
  return one((value) => (typeof value === 'number' ? apply(value) : undefined));
}

/** STARTSWITH and its kin take a third argument: true for no regard to case. */
function textTest(test: (text: string, part: string) => boolean): QueryFunction {
  return {
    fewest: 2,
    most: 3,
    apply: ([text, part, ignoreCase]) =>
      textPair(text, part, (t, p) => (ignoreCase === true ? test(t.toLowerCase(), p.toLowerCase()) : test(t, p))),
  };
}

function textPair(text: Value, part: Value, apply: (text: string, part: string) => Value): Value {
  return typeof text === 'string' && typeof part === 'string' ? apply(text, part) : undefined;
}

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

function concat(args: readonly Value[]): Value {
  return args.every((value) => typeof value === 'string') ? args.join('') : undefined;
}

function substring([text, start, length]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof start !== 'number' || typeof length !== 'number') {
    return undefined;
  }
  const from = Math.max(0, start);
  return text.slice(from, from + Math.max(0, length));
}
