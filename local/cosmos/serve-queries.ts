import { z } from 'zod';
import type { Container } from './catalog.ts';
import { CosmosError } from './cosmos-error.ts';
import type { Json } from './json.ts';
import { readPageSize } from './page-size.ts';
import { readPartitionScope, type PartitionScope } from './partition-key.ts';
import { readPageNumbers, type CompiledQuery } from './query/compile-query.ts';
import { readContinuation, writeContinuation } from './query/continuation.ts';
import { filterHints, pathOf, type FilterHint } from './query/filter-hints.ts';
import { gatewayAnswer, planQuery } from './query/query-plan.ts';
import { openRow, runQuery, type QueryPage, type QueryRow } from './query/run-query.ts';
import { renderItem } from './render-item.ts';
import { queryCharge } from './request-charge.ts';
import { isTrue, jsonBody, type Answer, type CosmosRequest, type Service } from './service.ts';

const everyItem = 'SELECT * FROM c';

/** A query over the items: in one partition, in the one partition key range, or over all through the gateway. */
export function serveItemQuery(service: Service, container: Container, request: CosmosRequest): Answer {
  const { text, parameters } = readQuerySpec(request);
  const compiled = service.compile(text);
  const partition = readPartitionScope(
    request.header('x-ms-documentdb-partitionkey'),
    container.partitionKeyPaths.length,
  );
  if (partition === undefined && request.header('x-ms-documentdb-partitionkeyrangeid') === undefined) {
    passGateway({ compiled, parameters, request });
  }
  return answerQuery({ service, container, request, compiled, parameters, partition });
}

/** The feed of all items, which is a query for all of them. */
export function serveItemFeed(service: Service, container: Container, request: CosmosRequest): Answer {
  const partition = readPartitionScope(
    request.header('x-ms-documentdb-partitionkey'),
    container.partitionKeyPaths.length,
  );
  const compiled = service.compile(everyItem);
  return answerQuery({ service, container, request, compiled, parameters: new Map(), partition });
}

export function serveQueryPlan(service: Service, request: CosmosRequest): Answer {
  const { text, parameters } = readQuerySpec(request);
  const { query } = service.compile(text);
  return { status: 200, body: JSON.stringify(planQuery(query, readPageNumbers(query, parameters))), charge: 0 };
}

const specSchema = z.object({
  query: z.string(),
  parameters: z
    .array(z.object({ name: z.string().startsWith('@'), value: z.custom<Json | undefined>().optional() }))
    .nullish(),
});

/** The query text and its parameters. Throws `CosmosError` (400). */
export function readQuerySpec(request: CosmosRequest): {
  readonly text: string;
  readonly parameters: ReadonlyMap<string, Json>;
} {
  const read = specSchema.safeParse(jsonBody(request));
  if (!read.success) {
    throw new CosmosError('BadRequest', `The query is not valid: ${z.prettifyError(read.error)}`);
  }
  const parameters = new Map<string, Json>();
  for (const { name, value } of read.data.parameters ?? []) {
    if (parameters.has(name)) {
      throw new CosmosError('BadRequest', `Specified duplicate parameter name '${name}'.`);
    }
    if (value !== undefined) {
      parameters.set(name, value);
    }
  }
  return { text: read.data.query, parameters };
}

/**
 * The gateway runs filters and projections over all partitions; what needs a merge it hands back to the client with a
 * plan, on a container with a single range too. Texts and substatus as recorded in xo/dbimp, COSMOS.md.
 */
function passGateway({
  compiled,
  parameters,
  request,
}: Pick<QueryRequest, 'compiled' | 'parameters' | 'request'>): void {
  if (!isTrue(request.header('x-ms-documentdb-query-enablecrosspartition'))) {
    throw new CosmosError('BadRequest', 'Cross partition query is required but disabled.');
  }
  switch (gatewayAnswer(compiled.query)) {
    case 'serve':
      return;
    case 'aggregate without VALUE':
      throw new CosmosError(
        'BadRequest',
        "Cross partition query only supports 'VALUE <AggregateFunc>' for aggregates.",
      );
    case 'plan':
      throw new CosmosError(
        'BadRequest',
        'The provided cross partition query can not be directly served by the gateway.',
        {
          substatus: 1004,
          additionalErrorInfo: JSON.stringify(planQuery(compiled.query, readPageNumbers(compiled.query, parameters))),
        },
      );
  }
}

interface QueryRequest {
  readonly service: Service;
  readonly container: Container;
  readonly request: CosmosRequest;
  readonly compiled: CompiledQuery;
  readonly parameters: ReadonlyMap<string, Json>;
  readonly partition: PartitionScope | undefined;
}

function answerQuery(asked: QueryRequest): Answer {
  const { container, request, compiled, parameters } = asked;
  refuseUnindexedOrder(container, compiled);
  const hints = filterHints(compiled.query.where, parameters);
  const token = request.header('x-ms-continuation');
  const page = runQuery({
    compiled,
    parameters,
    numbers: readPageNumbers(compiled.query, parameters),
    pageSize: readPageSize(request.header('x-ms-max-item-count')),
    position: token === undefined || token === '' ? undefined : readContinuation(token),
    rowsBehind: (rowId) => rowsOf(asked, hints, rowId),
  });
  const count = page.documents.length;
  return {
    status: 200,
    body: `{"_rid":"${container.rid}","Documents":[${page.documents.join(',')}],"_count":${count}}`,
    headers: {
      'x-ms-item-count': String(count),
      ...(page.next === undefined ? {} : { 'x-ms-continuation': writeContinuation(page.next) }),
    },
    charge: chargeOf(asked, hints, page),
  };
}

function* rowsOf(
  { service, container, partition }: QueryRequest,
  hints: readonly FilterHint[],
  behindRowId: number,
): Iterable<QueryRow> {
  for (const stored of container.items.scan({ partition, behindRowId, hints, nowMs: service.now() })) {
    yield openRow(stored.rowId, renderItem(container, stored));
  }
}

/** A filter on an indexed path spares the other items; without one the first page pays for a scan of them all. */
function chargeOf(
  { container, partition, request }: QueryRequest,
  hints: readonly FilterHint[],
  page: QueryPage,
): number {
  const load = { items: page.rowsLoaded, bytes: page.charactersLoaded };
  const indexed = hints.some(({ path }) => path[0] === 'id' || isIndexed(container, path));
  const scans = hints.length > 0 && !indexed && request.header('x-ms-continuation') === undefined;
  return queryCharge({ ...load, scanned: scans ? container.items.count(partition) : page.rowsLoaded });
}

function isIndexed({ indexedPaths }: Container, path: readonly string[]): boolean {
  if (indexedPaths === undefined) {
    return true;
  }
  const pointer = `/${path.join('/')}`;
  return indexedPaths.some((indexed) => indexed === pointer || indexed === `${pointer}/?` || isBelow(pointer, indexed));
}

function isBelow(pointer: string, indexed: string): boolean {
  return indexed.endsWith('/*') && pointer.startsWith(indexed.slice(0, -1));
}

/**
 * The service sorts by an index, and refuses a query whose path has none (learn.microsoft.com/azure/cosmos-db/index-policy);
 * `id` and `_ts` always have one. Several keys need a composite index there, which the settings cannot name: let through.
 */
function refuseUnindexedOrder(container: Container, { query }: CompiledQuery): void {
  const [ordering] = query.orderBy;
  if (ordering === undefined || query.orderBy.length > 1) {
    return;
  }
  const path = pathOf(ordering.expression);
  if (path === undefined) {
    throw new CosmosError('BadRequest', 'ORDER BY needs the path of a property.');
  }
  if (!['id', '_ts'].includes(path[0] ?? '') && !isIndexed(container, path)) {
    throw new CosmosError('BadRequest', `The ORDER BY path /${path.join('/')} is excluded from the container's index.`);
  }
}
