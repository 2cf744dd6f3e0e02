import { isArray, isObject, parseJson, type Json, type Value } from '../json.ts';
import { readDateTime } from './date-time.ts';
import { fixed, type FunctionEntry } from './query-function.ts';

function test(is: (value: Value) => boolean): FunctionEntry[1] {
  return fixed(1, ([value]) => is(value));
}

const integerPattern = /^\s*[-+]?\d+\s*$/u;

/** Tests of types, and the ways from text to another type and back. */
export const typeFunctions: readonly FunctionEntry[] = [
  ['IS_DEFINED', test((value) => value !== undefined)],
  ['IS_NULL', test((value) => value === null)],
  ['IS_BOOL', test((value) => typeof value === 'boolean')],
  ['IS_NUMBER', test((value) => typeof value === 'number')],
  ['IS_FINITE_NUMBER', test((value) => typeof value === 'number' && Number.isFinite(value))],
  ['IS_INTEGER', test(isInteger)],
  ['IS_STRING', test((value) => typeof value === 'string')],
  ['IS_ARRAY', test((value) => isArray(value))],
  ['IS_OBJECT', test((value) => isObject(value))],
  ['IS_PRIMITIVE', test((value) => value !== undefined && !isArray(value) && !isObject(value))],
  ['IS_DATETIME', test((value) => readDateTime(value) !== undefined)],
  ['TOSTRING', fixed(1, ([value]) => toText(value))],
  ['STRINGTOARRAY', fixed(1, ([text]) => parsed(text, isArray))],
  ['STRINGTOBOOLEAN', fixed(1, ([text]) => parsed(text, (value) => typeof value === 'boolean'))],
  ['STRINGTONULL', fixed(1, ([text]) => parsed(text, (value) => value === null))],
  ['STRINGTONUMBER', fixed(1, ([text]) => toNumber(text))],
  ['STRINGTOOBJECT', fixed(1, ([text]) => parsed(text, isObject))],
];

/** A 64-bit signed one. */
function isInteger(value: Value): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
}

/** Text stays as it is; arrays and objects become JSON. */
function toText(value: Value): Value {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
}

/** The text as JSON, when it is JSON of the wanted type. */
function parsed(text: Value, isWanted: (value: Json) => boolean): Value {
  if (typeof text !== 'string') {
    return undefined;
  }
  try {
    const value = parseJson(text);
    return isWanted(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A JSON number with blanks around it, or a whole number with a sign. */
function toNumber(text: Value): Value {
  const number = parsed(text, (value) => typeof value === 'number');
  return number === undefined && typeof text === 'string' && integerPattern.test(text) ? Number(text) : number;
}
