import type { Container } from './catalog.ts';
import { CosmosError } from './cosmos-error.ts';
import { QueryError } from './query/query-error.ts';
import type { Resource } from './resource-path.ts';
import {
  serveAccount,
  serveContainer,
  serveContainers,
  serveDatabase,
  serveDatabases,
  servePartitionKeyRanges,
} from './serve-catalog.ts';
import { serveItem, serveItems } from './serve-items.ts';
import { queryRefusal, type Answer, type CosmosRequest, type Service } from './service.ts';

/** The answer, and the container that it came from, for the headers that name it. */
export interface Outcome {
  readonly answer: Answer | CosmosError;
  readonly container: Container | undefined;
}

/**
 * Runs one signed request to its end and books its charge: the single way to the data, whatever the operation. A
 * refusal is an outcome as well, for it may cost request units; what is no refusal is thrown.
 */
export function runOperation(service: Service, resource: Resource, request: CosmosRequest): Outcome {
  let container: Container | undefined;
  try {
    if ('container' in resource) {
      container = service.catalog.container(resource.database, resource.container);
    }
    const answer = serve({ service, resource, request, container });
    book(resource, container, answer.charge);
    return { answer, container };
  } catch (error) {
    const refusal = error instanceof QueryError ? queryRefusal(error) : error;
    if (!(refusal instanceof CosmosError)) {
      throw error;
    }
    book(resource, container, refusal.details.charge ?? 0);
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
      return serveAccount(service);
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

/** Reads of the container itself, plans and ranges cost its items nothing, and are no operations on them. */
function book(resource: Resource, container: Container | undefined, charge: number): void {
  if (container !== undefined && charge > 0 && (resource.kind === 'items' || resource.kind === 'item')) {
    container.meter.requestUnits += charge;
    container.meter.operations += 1;
  }
}
