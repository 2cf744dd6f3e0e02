import type { Container } from '../containers/catalog.ts';
import { containerBudget } from '../containers/container-budget.ts';
import { CosmosError, notCarriedError } from '../cosmos-error.ts';
import { faultRefusal, rateTooLarge, type CosmosFault } from '../cosmos-faults.ts';
import type { ItemOperation } from './item-operation.ts';
import { QueryError } from '../query/query-error.ts';
import { requireSession } from '../access/read-session.ts';
import type { Resource } from '../containers/resource-path.ts';
import {
  serveAccount,
  serveContainer,
  serveContainers,
  serveDatabase,
  serveDatabases,
  servePartitionKeyRanges,
} from '../containers/serve-catalog.ts';
import { serveItem, serveItems } from './serve-items.ts';
import { serveOffer, serveOffers } from '../containers/serve-offers.ts';
import { queryRefusal, type Answer, type CosmosRequest, type Service } from '../service.ts';

/** The answer, and the container that it came from, for the headers that name it. */
export interface Outcome {
  readonly answer: Answer | CosmosError;
  readonly container: Container | undefined;
}

export interface Call {
  readonly resource: Resource;
  readonly request: CosmosRequest;
  /** Undefined when it is no operation on items. */
  readonly operation: ItemOperation | undefined;
  /** What goes wrong with it. */
  readonly fault: CosmosFault | undefined;
}

/**
 * Runs one signed request to its end and books its charge: the single way to the data, whatever the operation. A
 * refusal is an outcome as well, for it may cost request units; what is no refusal is thrown. A fault with a status, and
 * the limit of a container that has spent its request units, refuse operations on items before anything is done.
 */
export function runOperation(service: Service, call: Call): Outcome {
  const { resource, request } = call;
  let container: Container | undefined;
  try {
    if ('container' in resource) {
      container = service.catalog.container(resource.database, resource.container);
    }
    refuseInjected(service, call, container);
    refuseLeftOut(request);
    if (container !== undefined && (call.operation?.name === 'read' || call.operation?.name === 'query')) {
      requireSession(container, request);
    }
    const answer = serve({ service, resource, request, container });
    book(service, call, { container, charge: answer.charge, isSpent: answer.isSpent === true });
    return { answer, container };
  } catch (error) {
    const refusal = error instanceof QueryError ? queryRefusal(error) : error;
    if (!(refusal instanceof CosmosError)) {
      throw error;
    }
    book(service, call, { container, charge: refusal.details.charge ?? 0, isSpent: false });
    return { answer: refusal, container };
  }
}

function serve(call: {
  readonly service: Service;
  readonly resource: Resource;
  readonly request: CosmosRequest;
  readonly container: Container | undefined;
}): Answer {
  const { service, resource, request, container } = call;
  switch (resource.kind) {
    case 'account':
      return serveAccount(service, request);
    case 'offers':
      return serveOffers(service, request);
    case 'offer':
      return serveOffer(service, request, resource.offer);
    case 'databases':
      return serveDatabases(service, request);
    case 'database':
      return serveDatabase(service, request, resource.database);
    case 'containers':
      return serveContainers(service, request, resource.database);
    case 'container':
      return serveContainer(service, request, present(container));
    case 'partition key ranges':
      return servePartitionKeyRanges(present(container), request);
    case 'items':
      return serveItems(service, present(container), request);
    case 'item':
      return serveItem(service, present(container), { ...request, id: resource.item });
  }
}

function present(container: Container | undefined): Container {
  if (container === undefined) {
    throw new TypeError('A resource inside a container came without its container.');
  }
  return container;
}

function refuseInjected(service: Service, { fault, operation }: Call, container: Container | undefined): void {
  const refusal = fault === undefined ? undefined : faultRefusal(fault);
  if (refusal !== undefined) {
    throw refusal;
  }
  const waitMs = operation === undefined ? undefined : containerBudget(service, container)?.retryAfterMs(service.now());
  if (waitMs !== undefined) {
    throw rateTooLarge(waitMs);
  }
}

function refuseLeftOut({ header }: CosmosRequest): void {
  const named = header('x-ms-documentdb-pre-trigger-include') ?? header('x-ms-documentdb-post-trigger-include');
  if (named !== undefined) {
    throw notCarriedError(`triggers (${named})`);
  }
  if (header('x-ms-indexing-directive')?.toLowerCase() === 'exclude') {
    throw notCarriedError('items that are left out of the index (x-ms-indexing-directive)');
  }
}

/** Reads of the container itself, plans and ranges cost its items nothing, and are no operations on them. */
function book(
  service: Service,
  { operation, resource }: Call,
  booking: { readonly container: Container | undefined; readonly charge: number; readonly isSpent: boolean },
): void {
  const { charge, container, isSpent } = booking;
  if (container !== undefined && charge > 0 && (resource.kind === 'items' || resource.kind === 'item')) {
    container.meter.requestUnits += charge;
    container.meter.operations += 1;
  }
  if (operation !== undefined && !isSpent) {
    containerBudget(service, container)?.spend(service.now(), charge);
  }
}
