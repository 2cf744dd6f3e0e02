import { CosmosError, notCarriedError } from './cosmos-error.ts';
import { isArray, isObject, parseJson, readProperty, type Json, type Value } from './json.ts';

/** The text under which a partition key is stored: its JSON, and `{}` for an item without the property. */
export type PartitionKey = string;

const noKey = '{}';

/** Reads `x-ms-documentdb-partitionkey` (`["a"]`, `[{}]` for no value); undefined when the header is absent. */
export function readPartitionKeyHeader(header: string | undefined): PartitionKey | undefined {
  if (header === undefined) {
    return undefined;
  }
  const parts = parseParts(header);
  if (parts.length > 1) {
    throw notCarriedError('hierarchical partition keys');
  }
  const [part] = parts;
  if (part === undefined) {
    throw wrongKey('has fewer components than defined in the collection');
  }
  return keyOf(isObject(part) && Object.keys(part).length === 0 ? undefined : part);
}

/** The partition key that an item has by its own property. */
export function partitionKeyOf(item: Json, path: readonly string[]): PartitionKey {
  let value: Value = item;
  for (const name of path) {
    value = readProperty(value, name);
  }
  return keyOf(value);
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

function keyOf(value: Value): PartitionKey {
  if (value === undefined) {
    return noKey;
  }
  if (typeof value === 'object' && value !== null) {
    throw new CosmosError('BadRequest', 'A partition key is a string, a number, a boolean or null.');
  }
  return JSON.stringify(value);
}

function parseParts(header: string): readonly Json[] {
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
