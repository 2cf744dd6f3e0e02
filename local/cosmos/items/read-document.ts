import type { Container } from '../containers/catalog.ts';
import { CosmosError } from '../cosmos-error.ts';
import type { ItemKey } from './item-store.ts';
import { isDeeperThan } from '../json-depth.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { partitionKeyOf, tooFewComponents, wrongKey, type PartitionKey } from '../containers/partition-key.ts';
import { readResourceName } from '../containers/resource-name.ts';
import { readTtl } from './time-to-live.ts';

/** learn.microsoft.com/azure/cosmos-db/concepts-limits: 2 MB of UTF-8 JSON. */
export const mostItemBytes = 2 * 1024 * 1024;

/** learn.microsoft.com/azure/cosmos-db/concepts-limits: levels of lists and objects in each other. */
const deepestItem = 128;

/** An item that has passed the rules: its key, and its JSON without system properties. */
export interface Document {
  readonly key: ItemKey;
  readonly item: JsonObject;
  readonly body: string;
  readonly bytes: number;
  readonly ttlSeconds: number | undefined;
}

const systemNames = new Set(['_rid', '_self', '_etag', '_attachments', '_ts', '_lsn']);

/** The paths that a patch may not touch, beside the partition key. */
export const systemPaths: readonly (readonly string[])[] = ['id', ...systemNames].map((name) => [name]);

/**
 * Reads an item that a client sent under a partition key. Throws `CosmosError`: 400 for what is no item, has a bad id,
 * ttl or another key than the request; 413 for more than 2 MB.
 */
export function readDocument(container: Container, body: Json | undefined, key: PartitionKey | undefined): Document {
  if (!isObject(body)) {
    throw new CosmosError('BadRequest', 'The request payload is invalid: an item is a JSON object.');
  }
  const item = Object.fromEntries(Object.entries(body).filter(([name]) => !systemNames.has(name)));
  const document = checkDocument(container, item);
  if (key === undefined) {
    throw tooFewComponents();
  }
  if (document.key.partitionKey !== key) {
    throw wrongKey('does not match the one in the item');
  }
  return document;
}

/** The rules for an item that is already free of system properties. */
export function checkDocument(container: Container, item: JsonObject): Document {
  if (isDeeperThan(deepestItem, item)) {
    throw new CosmosError('BadRequest', `An item is nested ${deepestItem} levels deep at most.`);
  }
  const id = readResourceName(Object.hasOwn(item, 'id') ? item['id'] : undefined);
  const text = JSON.stringify(item);
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes > mostItemBytes) {
    throw new CosmosError(
      'RequestEntityTooLarge',
      `Request size is too large: an item has at most ${mostItemBytes} bytes.`,
    );
  }
  const key = { id, partitionKey: partitionKeyOf(item, container.partitionKeyPaths) };
  return { key, item, body: text, bytes, ttlSeconds: readTtl(item) };
}
