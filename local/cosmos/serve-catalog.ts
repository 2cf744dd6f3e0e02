import type { Container } from './catalog.ts';
import { containerResource, databaseResource } from './catalog-resources.ts';
import { readContainerDefinition } from './container-definition.ts';
import { CosmosError } from './cosmos-error.ts';
import { isObject, type JsonObject } from './json.ts';
import { readPageNumbers } from './query/compile-query.ts';
import { openRow, runQuery } from './query/run-query.ts';
import { databaseRid } from './resource-id.ts';
import { readResourceName } from './resource-name.ts';
import { readQuerySpec } from './serve-queries.ts';
import { isTrue, jsonBody, type Answer, type CosmosRequest, type Service } from './service.ts';

/** Operations on databases and containers are charged to no container; the service's own figures, rounded. */
const readCharge = 1;
const writeCharge = 5;

/** `GET /`: where the account is read and written. A single write region. */
export function serveAccount({ endpoint }: Service): Answer {
  const locations = [{ name: 'Local', databaseAccountEndpoint: endpoint }];
  return found({
    id: 'embedded',
    _self: '',
    _rid: 'embedded',
    _dbs: '//dbs/',
    media: '//media/',
    addresses: '//addresses/',
    writableLocations: locations,
    readableLocations: locations,
    enableMultipleWriteLocations: false,
    userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
    queryEngineConfiguration: '{}',
  });
}

export function serveDatabases(service: Service, request: CosmosRequest): Answer {
  const { catalog } = service;
  if (request.method === 'GET' || isQuery(request)) {
    const resources = catalog.databases().map(databaseResource);
    return list({ service, request, resources, rid: '', name: 'Databases' });
  }
  requireMethod(request, 'POST');
  const body = jsonBody(request);
  return created(databaseResource(catalog.createDatabase(readResourceName(isObject(body) ? body['id'] : undefined))));
}

export function serveDatabase({ catalog }: Service, request: CosmosRequest, id: string): Answer {
  const database = catalog.database(id);
  if (request.method === 'GET') {
    return found(databaseResource(database));
  }
  requireMethod(request, 'DELETE');
  catalog.removeDatabase(database);
  return { status: 204, charge: writeCharge };
}

export function serveContainers(service: Service, request: CosmosRequest, databaseId: string): Answer {
  const database = service.catalog.database(databaseId);
  if (request.method === 'GET' || isQuery(request)) {
    const resources = [...database.containers.values()].map(containerResource);
    return list({ service, request, resources, rid: databaseRid(database.number), name: 'DocumentCollections' });
  }
  requireMethod(request, 'POST');
  const definition = readContainerDefinition(jsonBody(request));
  return created(containerResource(service.catalog.createContainer(databaseId, definition)));
}

export function serveContainer({ catalog }: Service, request: CosmosRequest, container: Container): Answer {
  switch (request.method) {
    case 'GET':
      return found(containerResource(container));
    case 'PUT': {
      const definition = readContainerDefinition(jsonBody(request));
      return found(containerResource(catalog.replaceContainer(container, definition)));
    }
    case 'DELETE':
      catalog.removeContainer(container);
      return { status: 204, charge: writeCharge };
    default:
      throw new CosmosError('MethodNotAllowed', `${request.method} is not a method of a container.`);
  }
}

/** One physical partition holds the whole range of keys. */
export function servePartitionKeyRanges(container: Container, request: CosmosRequest): Answer {
  requireMethod(request, 'GET');
  const range = {
    _rid: container.rid,
    id: '0',
    _etag: '"00000000-0000-0000-0000-000000000000"',
    minInclusive: '',
    maxExclusive: 'FF',
    ridPrefix: 0,
    _self: `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/pkranges/0/`,
    throughputFraction: 1,
    status: 'online',
    parents: [],
    _ts: Math.floor(container.modifiedMs / 1000),
  };
  const body = { _rid: container.rid, PartitionKeyRanges: [range], _count: 1 };
  return { status: 200, body: JSON.stringify(body), charge: 0 };
}

interface Listing {
  readonly service: Service;
  readonly request: CosmosRequest;
  readonly resources: readonly JsonObject[];
  readonly rid: string;
  readonly name: 'Databases' | 'DocumentCollections';
}

function list({ service, request, resources, rid, name }: Listing): Answer {
  const asked = isQuery(request) ? readQuerySpec(request) : { text: 'SELECT * FROM c', parameters: new Map() };
  const compiled = service.compile(asked.text);
  const rows = resources.map((item, index) => openRow(index + 1, JSON.stringify(item)));
  const { documents } = runQuery({
    compiled,
    parameters: asked.parameters,
    numbers: readPageNumbers(compiled.query, asked.parameters),
    pageSize: Number.MAX_SAFE_INTEGER,
    position: undefined,
    rowsBehind: () => rows,
  });
  const body = `{"_rid":"${rid}","${name}":[${documents.join(',')}],"_count":${documents.length}}`;
  return { status: 200, body, headers: { 'x-ms-item-count': String(documents.length) }, charge: readCharge };
}

function isQuery({ method, header }: CosmosRequest): boolean {
  return (
    method === 'POST' &&
    (isTrue(header('x-ms-documentdb-isquery')) || header('content-type') === 'application/query+json')
  );
}

function requireMethod(request: CosmosRequest, method: string): void {
  if (request.method !== method) {
    throw new CosmosError('MethodNotAllowed', `${request.method} is not a method of this resource.`);
  }
}

function found(resource: JsonObject): Answer {
  return { status: 200, body: JSON.stringify(resource), headers: etagOf(resource), charge: readCharge };
}

function created(resource: JsonObject): Answer {
  return { status: 201, body: JSON.stringify(resource), headers: etagOf(resource), charge: writeCharge };
}

function etagOf(resource: JsonObject): Record<string, string> {
  const etag = resource['_etag'];
  return typeof etag === 'string' ? { etag } : {};
}
