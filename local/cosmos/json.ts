/** A JSON value as the items hold it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

/** What an expression yields: `undefined` is Cosmos DB's own `undefined`, not an error. */
export type Value = Json | undefined;

/** Parses JSON text. Throws `SyntaxError` for what is not JSON. */
export function parseJson(text: string): Json {
  const parsed: unknown = JSON.parse(text);
  if (!isJson(parsed)) {
    throw new SyntaxError('JSON.parse gave a value that is not JSON.');
  }
  return parsed;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isArray(value: Value): value is readonly Json[] {
  return Array.isArray(value);
}

/** The own property of an object, or the element of an array; `undefined` when there is none. */
export function readProperty(value: Value, name: Value): Value {
  if (typeof name === 'string') {
    return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  if (typeof name === 'number' && isArray(value)) {
    return value[name];
  }
  return undefined;
}

/** `JSON.parse` yields nothing but JSON, so the deep look is left out. */
function isJson(value: unknown): value is Json {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'bigint' && typeof value !== 'symbol';
}
