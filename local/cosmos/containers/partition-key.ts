import { CosmosError } from '../cosmos-error.ts';
import { isArray, isObject, parseJson, readProperty, type Json, type Value } from '../json.ts';

/**
 * The text under which a partition key is stored: its JSON, and `{}` for an item without the property; the components of
 * a hierarchical key with commas in between (`"a",1`).
 */
export type PartitionKey = string;

/** One key, or all keys that begin with the components of a prefix. */
export interface PartitionScope {
  readonly key: PartitionKey;
  readonly isPrefix: boolean;
}

const noKey = '{}';

/** learn.microsoft.com/azure/cosmos-db/concepts-limits */
const mostKeyBytes = 2048;

/** Reads `x-ms-documentdb-partitionkey` (`["a"]`, `[{}]` for no value); undefined when the header is absent. */
export function readPartitionKeyHeader(header: string | undefined, componentCount: number): PartitionKey | undefined {
  const scope = readPartitionScope(header, componentCount);
  if (scope?.isPrefix === true) {
    throw tooFewComponents();
  }
  return scope?.key;
}

/** The same for readers of many items, who may leave out the last components of a hierarchical key. */
export function readPartitionScope(header: string | undefined, componentCount: number): PartitionScope | undefined {
  if (header === undefined) {
    return undefined;
  }
  const components = parseComponents(header);
  if (components.length > componentCount) {
    throw wrongKey('has more components than defined in the collection');
  }
  if (components.length === 0) {
    throw tooFewComponents();
  }
  const key = components.map((part) => componentOf(isNoValue(part) ? undefined : part)).join(',');
  return { key, isPrefix: components.length < componentCount };
}

/** The partition key that an item has by its own properties. */
export function partitionKeyOf(item: Json, paths: readonly (readonly string[])[]): PartitionKey {
  return paths.map((path) => componentOf(valueAt(item, path))).join(',');
}

/** `/a/b` as its names. Throws `CosmosError` (400) for what is no path. */
export function parsePartitionKeyPath(path: string): readonly string[] {
  const names = path.split('/').slice(1);
  if (!path.startsWith('/') || names.some((name) => name === '')) {
    throw new CosmosError('BadRequest', `The partition key path '${path}' is invalid.`);
  }
  return names;
}

/** The refusal of a key that is missing or does not match, with the service's substatus. */
export function wrongKey(reason: string): CosmosError {
  return new CosmosError('BadRequest', `The partition key supplied in x-ms-documentdb-partitionkey header ${reason}.`, {
    substatus: 1001,
  });
}

export function tooFewComponents(): CosmosError {
  return wrongKey('has fewer components than defined in the collection');
}

function valueAt(item: Json, path: readonly string[]): Value {
  let value: Value = item;
  for (const name of path) {
    value = readProperty(value, name);
  }
  return value;
}

function componentOf(value: Value): string {
  if (value === undefined) {
    return noKey;
  }
  if (typeof value === 'object' && value !== null) {
    throw new CosmosError('BadRequest', 'A partition key is a string, a number, a boolean or null.');
  }
  if (typeof value === 'string' && Buffer.byteLength(value, 'utf8') > mostKeyBytes) {
    throw new CosmosError('BadRequest', `A partition key has at most ${mostKeyBytes} bytes.`);
  }
  return JSON.stringify(value);
}

function isNoValue(part: Json): boolean {
  return isObject(part) && Object.keys(part).length === 0;
}

function parseComponents(header: string): readonly Json[] {
  try {
    const parts = parseJson(header);
    if (isArray(parts)) {
      return parts;
    }
  } catch (cause) {
    throw new CosmosError('BadRequest', 'The partition key header is not JSON.', { cause });
  }
  throw new CosmosError('BadRequest', 'The partition key header is not a list.');
}
