import type { Container } from '../containers/catalog.ts';
import { CosmosError } from '../cosmos-error.ts';
import type { ItemContent, ItemKey, StoredItem } from './item-store.ts';
import { isObject, parseJson, type Json, type JsonObject } from '../json.ts';
import { patchItem, type PatchOperation } from './patch-item.ts';
import type { PartitionKey } from '../containers/partition-key.ts';
import { checkDocument, readDocument, systemPaths, type Document } from './read-document.ts';
import { renderItem } from './render-item.ts';
import {
  indexedTerms,
  insertCharge,
  leastCharge,
  patchCharge,
  readCharge,
  refusedCharge,
  replaceCharge,
} from '../containers/request-charge.ts';
import type { ChargedItem } from '../containers/request-charge.ts';
import { expiryOf } from './time-to-live.ts';

/**
 * The point operations on items. Each runs to its end before another begins (one thread, synchronous SQLite), so that a
 * condition and the write behind it are one step. Refusals are thrown as `CosmosError` with the charge they cost.
 */
export interface ItemContext {
  readonly container: Container;
  readonly nowMs: number;
  /** A new ETag, quotes included, that no item has had before. */
  readonly nextEtag: () => string;
}

export interface ItemAnswer {
  readonly status: 200 | 201 | 204 | 304;
  readonly etag: string | undefined;
  /** The item as JSON; undefined when there is none to show. */
  readonly text: string | undefined;
  readonly charge: number;
}

/** ETags, or `*`. */
export interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

export interface ItemPatch {
  readonly operations: readonly PatchOperation[];
  /** The compiled predicate, which sees the item with its system properties; undefined when there is none. */
  readonly holds: ((item: Json) => boolean) | undefined;
}

export function readItem(context: ItemContext, key: ItemKey, conditions: Conditions): ItemAnswer {
  const stored = findItem(context, key);
  if (conditions.ifNoneMatch === '*' || conditions.ifNoneMatch === stored.etag) {
    return { status: 304, etag: stored.etag, text: undefined, charge: leastCharge };
  }
  const charge = readCharge(Buffer.byteLength(stored.body, 'utf8'));
  return { status: 200, etag: stored.etag, text: renderItem(context.container, stored), charge };
}

export function createItem(context: ItemContext, body: Json | undefined, key: PartitionKey | undefined): ItemAnswer {
  const document = readDocument(context.container, body, key);
  const existing = context.container.items.find(document.key, context.nowMs);
  if (existing !== undefined) {
    throw new CosmosError('Conflict', 'Entity with the specified id already exists in the system.', refused(existing));
  }
  return insertDocument(context, document);
}

/**
 * Where there is no item yet, it is created whatever If-Match says: so does the service
 * (Azure/azure-cosmos-dotnet-v3, issue 1698).
 */
export function upsertItem(
  context: ItemContext,
  body: Json | undefined,
  { key, conditions }: { readonly key: PartitionKey | undefined; readonly conditions: Conditions },
): ItemAnswer {
  const document = readDocument(context.container, body, key);
  const existing = context.container.items.find(document.key, context.nowMs);
  if (existing === undefined) {
    return insertDocument(context, document);
  }
  requireConditions(existing, conditions);
  return overwrite(context, existing, document);
}

export function replaceItem(
  context: ItemContext,
  body: Json | undefined,
  { key, conditions }: { readonly key: ItemKey; readonly conditions: Conditions },
): ItemAnswer {
  const document = readDocument(context.container, body, key.partitionKey);
  if (document.key.id !== key.id) {
    throw new CosmosError('BadRequest', 'The id of an item cannot be changed.');
  }
  const existing = findItem(context, key);
  requireConditions(existing, conditions);
  return overwrite(context, existing, document);
}

export function removeItem(context: ItemContext, key: ItemKey, conditions: Conditions): ItemAnswer {
  const existing = findItem(context, key);
  requireConditions(existing, conditions);
  context.container.items.remove(existing.rowId);
  context.container.writes.next();
  const charge = insertCharge(chargedText(context.container, existing.body));
  return { status: 204, etag: undefined, text: undefined, charge };
}

/** Conditional patch: the ETag, then the predicate, then all operations or none. Answers the item as patched. */
export function patchStoredItem(
  context: ItemContext,
  patch: ItemPatch,
  { key, conditions }: { readonly key: ItemKey; readonly conditions: Conditions },
): ItemAnswer {
  const { container } = context;
  const existing = findItem(context, key);
  requireConditions(existing, conditions);
  if (patch.holds !== undefined && !patch.holds(parseJson(renderItem(container, existing)))) {
    throw new CosmosError('PreconditionFailed', 'The filter predicate of the patch does not hold.', refused(existing));
  }
  const before = itemOf(existing);
  const item = patchItem(before, patch.operations, [...systemPaths, ...container.partitionKeyPaths]);
  const document = checkDocument(container, item);
  const written = writeOver(context, existing, document);
  const charge = patchCharge(
    charged(container, before, Buffer.byteLength(existing.body, 'utf8')),
    charged(container, document.item, document.bytes),
    patch.operations.length,
  );
  return { status: 200, etag: written.etag, text: renderItem(container, written), charge };
}

function findItem({ container, nowMs }: ItemContext, key: ItemKey): StoredItem {
  const found = container.items.find(key, nowMs);
  if (found === undefined) {
    throw new CosmosError('NotFound', 'Entity with the specified id does not exist in the system.', {
      charge: leastCharge,
    });
  }
  return found;
}

function requireConditions(existing: StoredItem, { ifMatch, ifNoneMatch }: Conditions): void {
  const stale = ifMatch !== undefined && ifMatch !== '*' && ifMatch !== existing.etag;
  const unwanted = ifNoneMatch !== undefined && (ifNoneMatch === '*' || ifNoneMatch === existing.etag);
  if (stale || unwanted) {
    throw new CosmosError(
      'PreconditionFailed',
      'Operation cannot be performed because one of the specified precondition is not met.',
      refused(existing),
    );
  }
}

function refused(existing: StoredItem): { readonly charge: number } {
  return { charge: refusedCharge(Buffer.byteLength(existing.body, 'utf8')) };
}

function insertDocument(context: ItemContext, document: Document): ItemAnswer {
  const { container } = context;
  const content = contentOf(context, document);
  const rowId = container.items.insert(document.key, content);
  const text = renderItem(container, { ...content, ...document.key, rowId });
  return {
    status: 201,
    etag: content.etag,
    text,
    charge: insertCharge(charged(container, document.item, document.bytes)),
  };
}

function overwrite(context: ItemContext, existing: StoredItem, document: Document): ItemAnswer {
  const { container } = context;
  const charge = replaceCharge(
    chargedText(container, existing.body),
    charged(container, document.item, document.bytes),
  );
  const written = writeOver(context, existing, document);
  return { status: 200, etag: written.etag, text: renderItem(container, written), charge };
}

function writeOver(context: ItemContext, existing: StoredItem, document: Document): StoredItem {
  const content = contentOf(context, document, existing.rowId);
  context.container.items.update(existing.rowId, content);
  return { ...content, ...document.key, rowId: existing.rowId };
}

/** Throws `CosmosError` (409) when another item of the partition holds the same unique key. */
function contentOf(context: ItemContext, document: Document, exceptRowId?: number): ItemContent {
  const { container, nowMs, nextEtag } = context;
  const { body, key, ttlSeconds } = document;
  if (container.items.breaksUniqueKey({ partitionKey: key.partitionKey, body, nowMs, exceptRowId })) {
    throw new CosmosError('Conflict', 'Unique index constraint violation.', { charge: leastCharge });
  }
  const { defaultTtlSeconds } = container;
  const expiresMs = expiryOf({ modifiedMs: nowMs, ttlSeconds, defaultTtlSeconds });
  return { body, etag: nextEtag(), modifiedMs: nowMs, ttlSeconds, expiresMs, lsn: container.writes.next() };
}

function charged({ indexedPaths }: Container, item: Json, bytes: number): ChargedItem {
  return { bytes, terms: indexedTerms(item, indexedPaths) };
}

function chargedText(container: Container, body: string): ChargedItem {
  const item = container.indexedPaths?.length === 0 ? null : parseJson(body);
  return charged(container, item, Buffer.byteLength(body, 'utf8'));
}

function itemOf(stored: StoredItem): JsonObject {
  const item = parseJson(stored.body);
  if (!isObject(item)) {
    throw new TypeError('A stored item is not an object.');
  }
  return item;
}
