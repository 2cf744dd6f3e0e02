import { isArray, isObject, parseJson, type Json } from '../json.ts';
import type { Resource } from '../containers/resource-path.ts';
import { isTrue, type CosmosRequest } from '../service.ts';

export const itemOperationNames = ['read', 'create', 'upsert', 'replace', 'patch', 'delete', 'query', 'batch'] as const;

/** An operation on the items of a container, as faults are told which they are meant for. */
export interface ItemOperation {
  readonly container: string;
  readonly name: (typeof itemOperationNames)[number];
  /** The items that it names, all of a batch; none for a query. Read from the body where the path has none. */
  readonly ids: () => readonly string[];
}

/** Undefined for everything that is no operation on items: account, databases, containers, ranges and query plans. */
export function itemOperationOf(resource: Resource, request: CosmosRequest): ItemOperation | undefined {
  if (resource.kind === 'item') {
    const name = methods[request.method];
    return name === undefined ? undefined : { container: resource.container, name, ids: () => [resource.item] };
  }
  if (resource.kind !== 'items') {
    return undefined;
  }
  const { container } = resource;
  const { header, method } = request;
  if (method === 'GET') {
    return { container, name: 'query', ids: () => [] };
  }
  if (isTrue(header('x-ms-cosmos-is-query-plan-request'))) {
    return undefined;
  }
  if (isTrue(header('x-ms-documentdb-isquery')) || header('content-type') === 'application/query+json') {
    return { container, name: 'query', ids: () => [] };
  }
  if (isTrue(header('x-ms-cosmos-is-batch-request'))) {
    return { container, name: 'batch', ids: () => idsOfBatch(bodyOf(request)) };
  }
  const name = isTrue(header('x-ms-documentdb-is-upsert')) ? 'upsert' : 'create';
  return { container, name, ids: () => idOf(bodyOf(request)) };
}

const methods: Readonly<Record<string, ItemOperation['name']>> = {
  GET: 'read',
  PUT: 'replace',
  PATCH: 'patch',
  DELETE: 'delete',
};

function bodyOf({ body }: CosmosRequest): Json | undefined {
  try {
    return parseJson(body);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function idsOfBatch(body: Json | undefined): readonly string[] {
  return isArray(body)
    ? body.flatMap((operation) => [...idOf(operation), ...(isObject(operation) ? idOf(operation['resourceBody']) : [])])
    : [];
}

function idOf(item: Json | undefined): readonly string[] {
  const id = isObject(item) ? item['id'] : undefined;
  return typeof id === 'string' ? [id] : [];
}
