import type { Json, JsonObject } from '../json.ts';

/** Narrowing of parsed JSON. Each answers with `undefined` or `false` instead of throwing, whatever it is given. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** The own property `key` of an object; undefined for anything that is no object or has none. */
export function jsonAt(value: unknown, key: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function textAt(value: unknown, key: string): string | undefined {
  const found = jsonAt(value, key);
  return typeof found === 'string' ? found : undefined;
}

/** A whole number ≥ 0, undefined for anything else. */
export function countAt(value: unknown, key: string): number | undefined {
  const found = jsonAt(value, key);
  return typeof found === 'number' && Number.isSafeInteger(found) && found >= 0 ? found : undefined;
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isJson(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** What `JSON.parse` gives is JSON all the way down, so the outermost type tells. */
function isJson(value: unknown): value is Json {
  return value === null || ['string', 'number', 'boolean', 'object'].includes(typeof value);
}

/**
 * True when arrays and objects are nested more than `depth` deep. `JSON.parse` reads nesting of any depth, while
 * `JSON.stringify` and every recursive walk overflow the stack on it: ask before. Itself it goes no deeper than `depth`.
 */
export function isDeeperThan(value: Json, depth: number): boolean {
  return isContainer(value) && holdsDeeper(value, depth);
}

function holdsDeeper(container: readonly Json[] | JsonObject, depth: number): boolean {
  if (depth <= 0) {
    return true;
  }
  if (isJsonArray(container)) {
    return container.some((child) => isContainer(child) && holdsDeeper(child, depth - 1));
  }
  // Not `Object.values`: a list of a hundred thousand objects would make as many arrays.
  for (const key in container) {
    const child = container[key] ?? null;
    if (isContainer(child) && holdsDeeper(child, depth - 1)) {
      return true;
    }
  }
  return false;
}

function isContainer(value: Json): value is readonly Json[] | JsonObject {
  return typeof value === 'object' && value !== null;
}
