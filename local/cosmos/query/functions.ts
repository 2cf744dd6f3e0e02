import { readProperty, type Value } from '../json.ts';
import { arrayFunctions } from './array-functions.ts';
import { dateFunctions } from './date-functions.ts';
import { integerFunctions } from './integer-functions.ts';
import { numberFunctions } from './number-functions.ts';
import { fixed, type FunctionEntry, type QueryFunction } from './query-function.ts';
import { notCarried } from './query-error.ts';
import { textFunctions } from './text-functions.ts';
import { typeFunctions } from './type-functions.ts';
import { vectorFunctions } from './vector-functions.ts';

/**
 * Looks up a function by its upper-case name; undefined for one that is not known. Throws `QueryError` for a kind of
 * functions that is left out, with the name of the kind.
 */
export function findFunction(name: string): QueryFunction | undefined {
  const left = leftOut.find(({ pattern }) => pattern.test(name));
  if (left !== undefined) {
    throw notCarried(`${name} (${left.feature})`);
  }
  return functions.get(name);
}

const leftOut = [
  { pattern: /^ST_/u, feature: 'spatial functions' },
  { pattern: /^(?:FULLTEXT|RRF$)/u, feature: 'full text and hybrid search' },
  { pattern: /^DATETIMEFORMAT$/u, feature: 'formats of date and time' },
  { pattern: /^(?:AI_|SEMANTIC)/u, feature: 'functions that call a model' },
] as const;

const otherFunctions: readonly FunctionEntry[] = [
  ['DOCUMENTID', fixed(1, ([item]) => documentId(item))],
  ['IIF', fixed(3, ([condition, then, otherwise]) => (condition === true ? then : otherwise))],
];

const functions = new Map<string, QueryFunction>([
  ...typeFunctions,
  ...textFunctions,
  ...arrayFunctions,
  ...numberFunctions,
  ...integerFunctions,
  ...dateFunctions,
  ...otherFunctions,
  ...vectorFunctions,
]);

/** The number in the resource id of an item, which is its own in the container. */
function documentId(item: Value): Value {
  const rid = readProperty(item, '_rid');
  const bytes = typeof rid === 'string' ? Buffer.from(rid.replaceAll('-', '/'), 'base64') : Buffer.alloc(0);
  return bytes.length === 16 ? Number(bytes.readBigUInt64LE(8)) : undefined;
}
