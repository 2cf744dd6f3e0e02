import type { Container } from './catalog.ts';
import { CosmosError, notCarriedError } from './cosmos-error.ts';
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
import { readPartitionKeyHeader, tooFewComponents } from './partition-key.ts';
import { readPatchRequest } from './patch-request.ts';
import { runBatch } from './run-batch.ts';
import { serveItemFeed, serveItemQuery, serveQueryPlan } from './serve-queries.ts';
import { isTrue, itemContext, jsonBody, type Answer, type CosmosRequest, type Service } from './service.ts';

/** `…/docs`: create, upsert, batch, query, query plan and feed, told apart by their headers. */
export function serveItems(service: Service, container: Container, request: CosmosRequest): Answer {
  const { method, header } = request;
  if (method === 'GET') {
    return serveItemFeed(service, container, request);
  }
  if (method !== 'POST') {
    throw new CosmosError('MethodNotAllowed', `${method} is not a method of items.`);
  }
  if (isTrue(header('x-ms-cosmos-is-query-plan-request'))) {
    return serveQueryPlan(service, request);
  }
  if (isTrue(header('x-ms-documentdb-isquery')) || header('content-type') === 'application/query+json') {
    return serveItemQuery(service, container, request);
  }
  const context = itemContext(service, container);
  const key = readPartitionKeyHeader(header('x-ms-documentdb-partitionkey'), container.partitionKeyPaths.length);
  if (isTrue(header('x-ms-cosmos-is-batch-request'))) {
    const atomic = isTrue(header('x-ms-cosmos-batch-atomic'));
    if (!atomic && header('x-ms-cosmos-batch-continue-on-error')?.toLowerCase() === 'false') {
      throw notCarriedError('bulk requests that stop at the first error');
    }
    return runBatch(service, context, { body: jsonBody(request), atomic, key, minimal: isMinimal(request) });
  }
  if (isTrue(header('x-ms-documentdb-is-upsert'))) {
    return answerOf(upsertItem(context, jsonBody(request), { key, conditions: conditionsOf(request) }));
  }
  return answerOf(createItem(context, jsonBody(request), key));
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
      return answerOf(readItem(context, key, conditions));
    case 'PUT':
      return answerOf(replaceItem(context, jsonBody(request), { key, conditions }));
    case 'DELETE':
      return answerOf(removeItem(context, key, conditions));
    case 'PATCH': {
      const { operations, condition } = readPatchRequest(jsonBody(request));
      const holds = condition === undefined ? undefined : service.compilePredicate(condition);
      return answerOf(patchStoredItem(context, { operations, holds }, { key, conditions }));
    }
    default:
      throw new CosmosError('MethodNotAllowed', `${request.method} is not a method of an item.`);
  }
}

function conditionsOf({ header }: CosmosRequest): Conditions {
  return { ifMatch: header('if-match'), ifNoneMatch: header('if-none-match') };
}

function isMinimal({ header }: CosmosRequest): boolean {
  return header('prefer')?.toLowerCase() === 'return=minimal';
}

function answerOf({ status, etag, text, charge }: ItemAnswer): Answer {
  return { status, body: text, charge, ...(etag === undefined ? {} : { headers: { etag } }) };
}
