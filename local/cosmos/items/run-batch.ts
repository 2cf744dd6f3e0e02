import { z } from 'zod';
import { containerBudget } from '../containers/container-budget.ts';
import { CosmosError } from '../cosmos-error.ts';
import { rateTooLarge } from '../cosmos-faults.ts';
import {
  createItem,
  patchStoredItem,
  readItem,
  removeItem,
  replaceItem,
  upsertItem,
  type Conditions,
  type ItemAnswer,
  type ItemContext,
} from './item-operations.ts';
import type { Json } from '../json.ts';
import { readPartitionKeyHeader, tooFewComponents, wrongKey, type PartitionKey } from '../containers/partition-key.ts';
import { readPatchRequest } from './patch-request.ts';
import { QueryError } from '../query/query-error.ts';
import { queryRefusal, type Answer, type Service } from '../service.ts';

/**
 * A batch: up to 100 operations in one request (learn.microsoft.com/azure/cosmos-db/transactional-batch). Atomic: one
 * partition key, and the first failure takes all back: it keeps its own status, the others get 424, the answer is 207.
 * Not atomic (the SDK's bulk): each operation stands alone and names its own partition key.
 */
export interface Batch {
  readonly body: Json | undefined;
  readonly atomic: boolean;
  readonly key: PartitionKey | undefined;
  /** `Prefer: return=minimal`: answers without the items. */
  readonly minimal: boolean;
  /** Of bulk operations: those behind a failed one are not carried out. */
  readonly stopsAtError: boolean;
}

const mostOperations = 100;
const failedDependency = 424;

/** What is read beyond this size is answered 413 with the substatus 3402, and asked for again by the SDK. */
const mostAnswerCharacters = 4 * 1024 * 1024;

const json = z.custom<Json>((value) => value !== undefined);
const base = {
  partitionKey: z.string().optional(),
  ifMatch: z.string().optional(),
  ifNoneMatch: z.string().optional(),
};
const operationSchema = z.discriminatedUnion('operationType', [
  z.object({ operationType: z.enum(['Create', 'Upsert']), resourceBody: json, ...base }),
  z.object({ operationType: z.literal('Replace'), id: z.string(), resourceBody: json, ...base }),
  z.object({ operationType: z.enum(['Read', 'Delete']), id: z.string(), ...base }),
  z.object({ operationType: z.literal('Patch'), id: z.string(), resourceBody: json, ...base }),
]);
type Operation = z.infer<typeof operationSchema>;

interface Result {
  readonly status: number;
  readonly charge: number;
  readonly etag?: string | undefined;
  readonly text?: string | undefined;
  readonly refusal?: CosmosError | undefined;
}

export function runBatch(service: Service, context: ItemContext, batch: Batch): Answer {
  const operations = readOperations(batch.body);
  const run = (operation: Operation): Result => attempt(() => runOperation({ service, context, batch, operation }));
  const results = batch.atomic
    ? runAtomically(context, service, { operations, run })
    : runEach(operations, { run: limited(service, context, run), stopsAtError: batch.stopsAtError });
  const failed = results.find((result) => isFailure(result) && result.status !== failedDependency);
  const substatus = failed?.refusal?.details.substatus;
  const charge = Math.round(results.reduce((sum, result) => sum + result.charge, 0) * 100) / 100;
  return {
    status: failed === undefined ? 200 : 207,
    body: `[${results.map((result) => render(result, batch.minimal)).join(',')}]`,
    charge,
    isSpent: !batch.atomic,
    ...(substatus === undefined ? {} : { headers: { 'x-ms-substatus': String(substatus) } }),
  };
}

function readOperations(body: Json | undefined): readonly Operation[] {
  const read = z.array(operationSchema).min(1).safeParse(body);
  if (!read.success) {
    throw new CosmosError('BadRequest', `The batch is not valid: ${z.prettifyError(read.error)}`);
  }
  if (read.data.length > mostOperations) {
    throw new CosmosError(
      'BadRequest',
      `Batch request has more operations than what is supported (${mostOperations}).`,
    );
  }
  return read.data;
}

function runAtomically(
  { container }: ItemContext,
  service: Service,
  { operations, run }: { readonly operations: readonly Operation[]; readonly run: (operation: Operation) => Result },
): readonly Result[] {
  const results: Result[] = [];
  container.writes.reserve();
  service.sql.exec('BEGIN IMMEDIATE');
  try {
    for (const operation of operations) {
      const result = run(operation);
      results.push(result);
      if (isFailure(result)) {
        service.sql.exec('ROLLBACK');
        return operations.map((_, index) =>
          index === results.length - 1 ? result : { status: failedDependency, charge: results[index]?.charge ?? 0 },
        );
      }
    }
    service.sql.exec('COMMIT');
    return results;
  } catch (error) {
    service.sql.exec('ROLLBACK');
    throw error;
  }
}

/** Each operation of a bulk spends by itself, and is turned away by itself when nothing is left. */
function limited(
  service: Service,
  { container }: ItemContext,
  run: (operation: Operation) => Result,
): (operation: Operation) => Result {
  const budget = containerBudget(service, container);
  return (operation) => {
    const waitMs = budget?.retryAfterMs(service.now());
    if (waitMs !== undefined) {
      const refusal = rateTooLarge(waitMs);
      return { status: refusal.status, charge: 0, refusal };
    }
    const result = run(operation);
    budget?.spend(service.now(), result.charge);
    return result;
  };
}

function runEach(
  operations: readonly Operation[],
  { run, stopsAtError }: { readonly run: (operation: Operation) => Result; readonly stopsAtError: boolean },
): readonly Result[] {
  const results: Result[] = [];
  let characters = 0;
  for (const operation of operations) {
    if (stopsAtError && results.some(isFailure)) {
      results.push({ status: failedDependency, charge: 0 });
      continue;
    }
    const result = run(operation);
    characters += result.text?.length ?? 0;
    results.push(operation.operationType === 'Read' && characters > mostAnswerCharacters ? tooLarge(result) : result);
  }
  return results;
}

function tooLarge({ charge }: Result): Result {
  const refusal = new CosmosError('RequestEntityTooLarge', 'The answers are too large for one response.', {
    substatus: 3402,
  });
  return { status: refusal.status, charge, refusal };
}

function isFailure(result: Result): boolean {
  return result.status >= 400;
}

function attempt(run: () => ItemAnswer): Result {
  try {
    return run();
  } catch (error) {
    const refusal = error instanceof QueryError ? queryRefusal(error) : error;
    if (refusal instanceof CosmosError) {
      return { status: refusal.status, charge: refusal.details.charge ?? 0, refusal };
    }
    throw error;
  }
}

function runOperation(step: {
  readonly service: Service;
  readonly context: ItemContext;
  readonly batch: Batch;
  readonly operation: Operation;
}): ItemAnswer {
  const { service, context, batch, operation } = step;
  const own = readPartitionKeyHeader(operation.partitionKey, context.container.partitionKeyPaths.length);
  if (batch.atomic && own !== undefined && own !== batch.key) {
    throw wrongKey('does not match the one of an operation');
  }
  const partitionKey = batch.key ?? own;
  if (partitionKey === undefined) {
    throw tooFewComponents();
  }
  const conditions: Conditions = { ifMatch: operation.ifMatch, ifNoneMatch: operation.ifNoneMatch };
  switch (operation.operationType) {
    case 'Create':
      return createItem(context, operation.resourceBody, partitionKey);
    case 'Upsert':
      return upsertItem(context, operation.resourceBody, { key: partitionKey, conditions });
    case 'Replace':
      return replaceItem(context, operation.resourceBody, { key: { id: operation.id, partitionKey }, conditions });
    case 'Read':
      return readItem(context, { id: operation.id, partitionKey }, conditions);
    case 'Delete':
      return removeItem(context, { id: operation.id, partitionKey }, conditions);
    case 'Patch': {
      const { operations, condition } = readPatchRequest(operation.resourceBody);
      const holds = condition === undefined ? undefined : service.compilePredicate(condition);
      return patchStoredItem(context, { operations, holds }, { key: { id: operation.id, partitionKey }, conditions });
    }
  }
}

function render({ status, charge, etag, text, refusal }: Result, minimal: boolean): string {
  const { substatus, retryAfterMs } = refusal?.details ?? {};
  const head = JSON.stringify({
    statusCode: status,
    ...(substatus === undefined ? {} : { subStatusCode: substatus }),
    requestCharge: charge,
    ...(etag === undefined ? {} : { eTag: etag }),
    ...(refusal === undefined ? {} : { message: refusal.message }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMilliseconds: Math.ceil(retryAfterMs) }),
  });
  return text === undefined || minimal ? head : `${head.slice(0, -1)},"resourceBody":${text}}`;
}
