import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Container } from '../containers/catalog.ts';
import { CosmosError, notCarriedError } from '../cosmos-error.ts';
import { parseJson, type Json } from '../json.ts';
import { isDeeperThan } from '../json-depth.ts';
import { isIndexed, refuseUnindexedOrder } from '../items/order-index.ts';
import { readPageSize } from '../page-size.ts';
import { readPartitionScope, type PartitionScope } from '../containers/partition-key.ts';
import { readPageNumbers, type CompiledQuery } from './compile-query.ts';
import { readContinuation, writeContinuation } from './continuation.ts';
import { filterHints, type FilterHint } from './filter-hints.ts';
import type { Surroundings } from './frame.ts';
import { gatewayAnswer, planQuery } from './query-plan.ts';
import type { QueryPage } from './query-run.ts';
import type { QueryRow } from './rows.ts';
import { runQuery, type Memory } from './run-query.ts';
import { rootAlias } from './syntax.ts';
import type { ScannedItem } from '../items/scan-items.ts';
import { renderItem } from '../items/render-item.ts';
import { queryCharge } from '../containers/request-charge.ts';
import { vectorPoliciesOf } from '../containers/vector-policy.ts';
import { isTrue, jsonBody, type Answer, type CosmosRequest, type Service } from '../service.ts';

const everyItem = 'SELECT * FROM c';

/** A query over the items: in one partition, in the one partition key range, or over all through the gateway. */
export function serveItemQuery(service: Service, container: Container, request: CosmosRequest): Answer {
  const { text, parameters } = readQuerySpec(request);
  const compiled = service.compile(text);
  refuseRange(request);
  refuseUnindexedOrder(container, compiled.query);
  const asked = {
    service,
    container,
    request,
    text,
    compiled,
    surroundings: surroundingsOf(service, container, parameters),
  };
  const partition = readPartitionScope(
    request.header('x-ms-documentdb-partitionkey'),
    container.partitionKeyPaths.length,
  );
  if (partition === undefined && request.header('x-ms-documentdb-partitionkeyrangeid') === undefined) {
    passGateway(asked);
  }
  return answerQuery({ ...asked, partition });
}

/** The feed of all items, which is a query for all of them. */
export function serveItemFeed(service: Service, container: Container, request: CosmosRequest): Answer {
  const partition = readPartitionScope(
    request.header('x-ms-documentdb-partitionkey'),
    container.partitionKeyPaths.length,
  );
  const compiled = service.compile(everyItem);
  const surroundings = surroundingsOf(service, container, new Map());
  return answerQuery({ service, container, request, text: everyItem, compiled, surroundings, partition });
}

export function serveQueryPlan(service: Service, container: Container, request: CosmosRequest): Answer {
  const { text, parameters } = readQuerySpec(request);
  const compiled = service.compile(text);
  refuseUnindexedOrder(container, compiled.query);
  const plan = planQuery(
    compiled,
    readPageNumbers(compiled, parameters),
    surroundingsOf(service, container, parameters),
  );
  return { status: 200, body: JSON.stringify(plan), charge: 0 };
}

function surroundingsOf(
  service: Service,
  { definition }: Container,
  parameters: ReadonlyMap<string, Json>,
): Surroundings {
  return { parameters, nowMs: service.now(), vectors: vectorPoliciesOf(definition.vectorEmbeddingPolicy) };
}

/** Clients with many partition key ranges ask for parts of one; here there is one, and no part of it. */
function refuseRange({ header }: CosmosRequest): void {
  const [start, end] = [header('x-ms-start-epk') ?? '', header('x-ms-end-epk') ?? 'FF'];
  if (start !== '' || end !== 'FF') {
    throw notCarriedError('queries over ranges of effective partition keys (x-ms-start-epk)');
  }
}

const specSchema = z.object({
  query: z.string(),
  parameters: z
    .array(z.object({ name: z.string().startsWith('@'), value: z.custom<Json | undefined>().optional() }))
    .nullish(),
});

const deepestParameter = 500;

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
    if (value !== undefined && isDeeperThan(deepestParameter, value)) {
      throw notCarriedError(`parameters that are nested deeper than ${deepestParameter} levels ('${name}')`);
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
function passGateway({ compiled, surroundings, request }: Asked): void {
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
    case 'plan': {
      const plan = planQuery(compiled, readPageNumbers(compiled, surroundings.parameters), surroundings);
      throw new CosmosError(
        'BadRequest',
        'The provided cross partition query can not be directly served by the gateway.',
        { substatus: 1004, additionalErrorInfo: JSON.stringify(plan) },
      );
    }
  }
}

interface Asked {
  readonly service: Service;
  readonly container: Container;
  readonly request: CosmosRequest;
  readonly text: string;
  readonly compiled: CompiledQuery;
  readonly surroundings: Surroundings;
}

interface QueryRequest extends Asked {
  readonly partition: PartitionScope | undefined;
}

function answerQuery(asked: QueryRequest): Answer {
  const { container, request, compiled, surroundings } = asked;
  const { parameters, nowMs } = surroundings;
  const hints = filterHints(compiled.query.where, { parameters, alias: rootAlias(compiled.query) });
  const token = request.header('x-ms-continuation');
  const openRow = rowOpener(asked);
  const run = {
    compiled,
    surroundings,
    numbers: readPageNumbers(compiled, parameters),
    pageSize: readPageSize(request.header('x-ms-max-item-count')),
    position: token === undefined || token === '' ? undefined : readContinuation(token),
    rowsBehind: (rowId: number) => rowsOf(asked, hints, rowId),
    rowAt: (rowId: number) => {
      const stored = container.items.at(rowId, nowMs);
      return stored === undefined ? undefined : openRow(stored);
    },
  };
  const page = runQuery(run, memoryOf(asked));
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

function* rowsOf(asked: QueryRequest, hints: readonly FilterHint[], behindRowId: number): Iterable<QueryRow> {
  const { container, partition, surroundings } = asked;
  const openRow = rowOpener(asked);
  for (const stored of container.items.scan({ partition, behindRowId, hints, nowMs: surroundings.nowMs })) {
    yield openRow(stored);
  }
}

/** Most rows are looked at without their system properties, and never written: both is done where it is asked for. */
function rowOpener({ container }: QueryRequest): (stored: ScannedItem) => QueryRow {
  let systemCharacters: number | undefined;
  return (stored) => {
    const { rowId, body } = stored;
    const text = (): string => renderItem(container, stored);
    systemCharacters ??= text().length - body.length;
    let whole: Json | undefined;
    let own: Json | undefined;
    return {
      rowId,
      characters: body.length + systemCharacters,
      text,
      item: ({ systemProperties }) => (systemProperties ? (whole ??= parseJson(text())) : (own ??= parseJson(body))),
    };
  };
}

function memoryOf({ service, container, text, partition, surroundings }: QueryRequest): Memory {
  const parts = [container.rid, container.writes.last(), partition ?? null, text, [...surroundings.parameters]];
  return service.memories.open(createHash('sha256').update(JSON.stringify(parts)).digest('base64'));
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
