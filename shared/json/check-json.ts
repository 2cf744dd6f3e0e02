import type { Json } from '../json.ts';
import { type JsonLimits, jsonPath, type JsonProblem } from './json-limits.ts';
import type { JsonRead } from './json-reader.ts';

/**
 * Checks a value that did not come as JSON text (AMQP has types of its own) by the rules of `JsonReader`: plain objects
 * and arrays, texts without half surrogate pairs, finite numbers. Recurses no deeper than the limit.
 */
export function checkJson(value: unknown, limits: JsonLimits): JsonRead {
  let values = 0;
  const problemOf = (inner: unknown, path: readonly PropertyKey[]): JsonProblem | undefined => {
    values += 1;
    if (values > limits.mostValues) {
      return { path: '', message: `holds more than ${limits.mostValues} values` };
    }
    const message = wrongWith(inner, limits);
    if (message !== undefined) {
      return { path: jsonPath(path), message };
    }
    if (typeof inner !== 'object' || inner === null) {
      return undefined;
    }
    if (path.length >= limits.deepest) {
      return { path: jsonPath(path), message: `is nested deeper than ${limits.deepest} levels` };
    }
    const parts: Iterable<readonly [PropertyKey, unknown]> = Array.isArray(inner)
      ? inner.entries()
      : Object.entries(inner);
    for (const [key, part] of parts) {
      const problem = problemOf(part, [...path, key]);
      if (problem !== undefined) {
        return problem;
      }
    }
    return undefined;
  };
  const problem = problemOf(value, []);
  return problem === undefined && isChecked(value)
    ? { kind: 'read', value }
    : { kind: 'invalid', problems: [problem ?? { path: '', message: 'is no JSON' }] };
}

function wrongWith(value: unknown, limits: JsonLimits): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? undefined : 'holds half of a surrogate pair';
    case 'number':
      return Number.isFinite(value) ? undefined : 'is too large a number';
    case 'boolean':
      return undefined;
    case 'object':
      return value === null ? undefined : wrongWithObject(value, limits);
    case 'undefined':
    case 'bigint':
    case 'symbol':
    case 'function':
      return 'is no value of JSON';
  }
}

function wrongWithObject(value: object, { mostKeys }: JsonLimits): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    return 'is no value of JSON';
  }
  const keys = Object.keys(value);
  if (!Array.isArray(value) && keys.length > mostKeys) {
    return `holds more than ${mostKeys} keys`;
  }
  return keys.every((key) => key.isWellFormed()) ? undefined : 'holds a key with half of a surrogate pair';
}

/** True for what was looked through: the outermost type then tells. */
function isChecked(value: unknown): value is Json {
  return value !== undefined;
}
