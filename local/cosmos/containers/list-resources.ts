import type { JsonObject } from '../json.ts';
import { readPageNumbers } from '../query/compile-query.ts';
import { openRow } from '../query/rows.ts';
import { runQuery } from '../query/run-query.ts';
import { readQuerySpec } from '../query/serve-queries.ts';
import { isTrue, type Answer, type CosmosRequest, type Service } from '../service.ts';
import { CosmosError } from '../cosmos-error.ts';

/** Operations on databases, containers and offers are charged to no container; the service's own figures, rounded. */
const readCharge = 1;
const writeCharge = 5;

/** A feed of resources, or a query over it. */
interface Listing {
  readonly service: Service;
  readonly request: CosmosRequest;
  readonly resources: readonly JsonObject[];
  readonly rid: string;
  readonly name: 'Databases' | 'DocumentCollections' | 'Offers';
}

export function listResources({ service, request, resources, rid, name }: Listing): Answer {
  const asked = isQuery(request) ? readQuerySpec(request) : { text: 'SELECT * FROM c', parameters: new Map() };
  const compiled = service.compile(asked.text);
  const rows = resources.map((item, index) => openRow(index + 1, JSON.stringify(item)));
  const { documents } = runQuery({
    compiled,
    surroundings: { parameters: asked.parameters, nowMs: service.now(), vectors: [] },
    numbers: readPageNumbers(compiled, asked.parameters),
    pageSize: Number.MAX_SAFE_INTEGER,
    position: undefined,
    rowsBehind: () => rows,
    rowAt: (rowId) => rows[rowId - 1],
  });
  const body = `{"_rid":"${rid}","${name}":[${documents.join(',')}],"_count":${documents.length}}`;
  return { status: 200, body, headers: { 'x-ms-item-count': String(documents.length) }, charge: readCharge };
}

export function isQuery({ method, header }: CosmosRequest): boolean {
  return (
    method === 'POST' &&
    (isTrue(header('x-ms-documentdb-isquery')) || header('content-type') === 'application/query+json')
  );
}

export function requireMethod(request: CosmosRequest, method: string): void {
  if (request.method !== method) {
    throw new CosmosError('MethodNotAllowed', `${request.method} is not a method of this resource.`);
  }
}

export function found(resource: JsonObject): Answer {
  return { status: 200, body: JSON.stringify(resource), headers: etagOf(resource), charge: readCharge };
}

export function created(resource: JsonObject): Answer {
  return { status: 201, body: JSON.stringify(resource), headers: etagOf(resource), charge: writeCharge };
}

function etagOf(resource: JsonObject): Record<string, string> {
  const etag = resource['_etag'];
  return typeof etag === 'string' ? { etag } : {};
}

export function removed(): Answer {
  return { status: 204, charge: writeCharge };
}
