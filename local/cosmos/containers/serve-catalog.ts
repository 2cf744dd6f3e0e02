import type { Container } from './catalog.ts';
import { containerResource, databaseResource } from './catalog-resources.ts';
import { readContainerDefinition } from './container-definition.ts';
import { CosmosError } from '../cosmos-error.ts';
import { isObject } from '../json.ts';
import { created, found, isQuery, listResources, removed, requireMethod } from './list-resources.ts';
import { databaseRid } from './resource-id.ts';
import { readResourceName } from './resource-name.ts';
import { secureEndpoint } from '../access/secure-endpoint.ts';
import { requestedThroughput } from './throughput.ts';
import { jsonBody, type Answer, type CosmosRequest, type Service } from '../service.ts';

/** `GET /`: where the account is read and written. A single write region. */
export function serveAccount({ endpoint }: Service, { isSecure }: CosmosRequest): Answer {
  const databaseAccountEndpoint = isSecure ? secureEndpoint(endpoint) : endpoint;
  const locations = [{ name: 'Local', databaseAccountEndpoint }];
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
  const { catalog, offers } = service;
  if (request.method === 'GET' || isQuery(request)) {
    const resources = catalog.databases().map(databaseResource);
    return listResources({ service, request, resources, rid: '', name: 'Databases' });
  }
  requireMethod(request, 'POST');
  const body = jsonBody(request);
  const throughput = requestedThroughput(request);
  const database = catalog.createDatabase(readResourceName(isObject(body) ? body['id'] : undefined));
  const resource = databaseResource(database);
  if (throughput !== undefined) {
    const rid = databaseRid(database.number);
    offers.create({ rid, self: `dbs/${rid}/` }, throughput);
  }
  return created(resource);
}

export function serveDatabase({ catalog, offers }: Service, request: CosmosRequest, id: string): Answer {
  const database = catalog.database(id);
  if (request.method === 'GET') {
    return found(databaseResource(database));
  }
  requireMethod(request, 'DELETE');
  for (const container of database.containers.values()) {
    offers.remove(container.rid);
  }
  offers.remove(databaseRid(database.number));
  catalog.removeDatabase(database);
  return removed();
}

export function serveContainers(service: Service, request: CosmosRequest, databaseId: string): Answer {
  const database = service.catalog.database(databaseId);
  if (request.method === 'GET' || isQuery(request)) {
    const resources = [...database.containers.values()].map(containerResource);
    return listResources({
      service,
      request,
      resources,
      rid: databaseRid(database.number),
      name: 'DocumentCollections',
    });
  }
  requireMethod(request, 'POST');
  const definition = readContainerDefinition(jsonBody(request));
  const throughput = requestedThroughput(request);
  const container = service.catalog.createContainer(databaseId, definition);
  if (throughput !== undefined) {
    const self = `dbs/${databaseRid(database.number)}/colls/${container.rid}/`;
    service.offers.create({ rid: container.rid, self }, throughput);
  }
  return created(containerResource(container));
}

export function serveContainer({ catalog, offers }: Service, request: CosmosRequest, container: Container): Answer {
  switch (request.method) {
    case 'GET':
      return found(containerResource(container));
    case 'PUT': {
      const definition = readContainerDefinition(jsonBody(request));
      return found(containerResource(catalog.replaceContainer(container, definition)));
    }
    case 'DELETE':
      offers.remove(container.rid);
      catalog.removeContainer(container);
      return removed();
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
