import type { Container } from '../containers/catalog.ts';
import { CosmosError } from '../cosmos-error.ts';
import {
  createItem,
  patchStoredItem,
  readItem,
  removeItem,
  replaceItem,
  upsertItem,
  type Conditions,
  type ItemAnswer,
} from './item-operations.ts';
import type { ItemKey } from './item-store.ts';
import type { Json } from '../json.ts';
import { readPartitionKeyHeader, tooFewComponents } from '../containers/partition-key.ts';
import { readPatchRequest } from './patch-request.ts';
import { runBatch } from './run-batch.ts';
import { serveChangeFeed } from './serve-change-feed.ts';
import { serveItemFeed, serveItemQuery, serveQueryPlan } from '../query/serve-queries.ts';
import { isTrue, itemContext, jsonBody, type Answer, type CosmosRequest, type Service } from '../service.ts';

/** `…/docs`: create, upsert, batch, query, query plan and feed, told apart by their headers. */
export function serveItems(service: Service, container: Container, request: CosmosRequest): Answer {
  const { method, header } = request;
  if (method === 'GET' && header('a-im') !== undefined) {
    return serveChangeFeed(service, container, request);
  }
  if (method === 'GET') {
    return serveItemFeed(service, container, request);
  }
  if (method !== 'POST') {
    throw new CosmosError('MethodNotAllowed', `${method} is not a method of items.`);
  }
  if (isTrue(header('x-ms-cosmos-is-query-plan-request'))) {
    return serveQueryPlan(service, container, request);
  }
  if (isTrue(header('x-ms-documentdb-isquery')) || header('content-type') === 'application/query+json') {
    return serveItemQuery(service, container, request);
  }
  const context = itemContext(service, container);
  const key = readPartitionKeyHeader(header('x-ms-documentdb-partitionkey'), container.partitionKeyPaths.length);
  if (isTrue(header('x-ms-cosmos-is-batch-request'))) {
    return runBatch(service, context, {
      body: batchBody(request),
      atomic: isTrue(header('x-ms-cosmos-batch-atomic')),
      key,
      minimal: isMinimal(request),
      stopsAtError: header('x-ms-cosmos-batch-continue-on-error')?.toLowerCase() === 'false',
    });
  }
  if (isTrue(header('x-ms-documentdb-is-upsert'))) {
    return answerOf(upsertItem(context, jsonBody(request), { key, conditions: conditionsOf(request) }), request);
  }
  return answerOf(createItem(context, jsonBody(request), key), request);
}

/** `…/docs/{id}`: read, replace, delete, patch. */
export function serveItem(
  service: Service,
  container: Container,
  request: CosmosRequest & { readonly id: string },
): Answer {
  const partitionKey = readPartitionKeyHeader(
    request.header('x-ms-documentdb-partitionkey'),
    container.partitionKeyPaths.length,
  );
  if (partitionKey === undefined) {
    throw tooFewComponents();
  }
  const key: ItemKey = { id: request.id, partitionKey };
  const context = itemContext(service, container);
  const conditions = conditionsOf(request);
  switch (request.method) {
    case 'GET':
      return answerOf(readItem(context, key, conditions), request);
    case 'PUT':
      return answerOf(replaceItem(context, jsonBody(request), { key, conditions }), request);
    case 'DELETE':
      return answerOf(removeItem(context, key, conditions), request);
    case 'PATCH': {
      const { operations, condition } = readPatchRequest(jsonBody(request));
      const holds = condition === undefined ? undefined : service.compilePredicate(condition);
      return answerOf(patchStoredItem(context, { operations, holds }, { key, conditions }), request);
    }
    default:
      throw new CosmosError('MethodNotAllowed', `${request.method} is not a method of an item.`);
  }
}

/** learn.microsoft.com/azure/cosmos-db/concepts-limits: a batch has at most 2 MB. */
const mostBatchBytes = 2 * 1024 * 1024;

function batchBody(request: CosmosRequest): Json | undefined {
  if (Buffer.byteLength(request.body, 'utf8') > mostBatchBytes) {
    throw new CosmosError('RequestEntityTooLarge', `Request size is too large: at most ${mostBatchBytes} bytes.`);
  }
  return jsonBody(request);
}

function conditionsOf({ header }: CosmosRequest): Conditions {
  return { ifMatch: header('if-match'), ifNoneMatch: header('if-none-match') };
}

function isMinimal({ header }: CosmosRequest): boolean {
  return header('prefer')?.toLowerCase() === 'return=minimal';
}

/** A write answers without the item where the client can do without it; a read never does. */
function answerOf({ status, etag, text, charge }: ItemAnswer, request: CosmosRequest): Answer {
  const isLeftOut = request.method !== 'GET' && isMinimal(request);
  return { status, body: isLeftOut ? undefined : text, charge, ...(etag === undefined ? {} : { headers: { etag } }) };
}
