import { FaultBook, type FaultRate } from '../faults/fault-book.ts';
import { CosmosError, type CosmosErrorCode } from './cosmos-error.ts';
import type { ItemOperation } from './items/item-operation.ts';
import { RequestUnitBudget } from './containers/request-unit-budget.ts';

/** The statuses that can be injected. */
export const faultStatuses = [408, 410, 429, 449, 500, 503] as const;

/** Something that goes wrong with operations on items. What is absent is not asked for: no fields, every operation. */
export interface CosmosFault extends FaultRate {
  /** By id, in whatever database. */
  readonly container?: string | undefined;
  readonly operations?: readonly ItemOperation['name'][] | undefined;
  /** Operations that name an item whose id begins so. Never a query. */
  readonly idPrefix?: string | undefined;
  /** Answered instead of carrying the operation out. */
  readonly status?: (typeof faultStatuses)[number] | undefined;
  /** With status 429 and 449: `x-ms-retry-after-ms`; 100 by default. */
  readonly retryAfterMs?: number | undefined;
  /** `x-ms-substatus` in place of the usual one of the status. */
  readonly substatus?: number | undefined;
  /** The connection is reset: before the operation is carried out, or after, without an answer. */
  readonly reset?: 'before' | 'after' | undefined;
  /** Waited before the operation, which is carried out even when the client has gone meanwhile. */
  readonly delayMs?: number | undefined;
  /** Waited after it, before the answer. */
  readonly answerDelayMs?: number | undefined;
}

/** The faults of the embedded Cosmos DB. They outlive a restart of the service that they are given to. */
export class CosmosFaults {
  readonly book: FaultBook<CosmosFault>;
  readonly #budgets = new Map<string, RequestUnitBudget>();

  constructor(seed: number) {
    this.book = new FaultBook({ part: 'cosmos', seed });
  }

  /** The fault that an operation meets, if any; it is then used once. */
  take(operation: ItemOperation): CosmosFault | undefined {
    return this.book.size === 0 ? undefined : this.book.take((fault) => isMeant(fault, operation));
  }

  /** Limits what a container may spend, anew; undefined lifts the limit. */
  limit(container: string, requestUnitsPerSecond: number | undefined): void {
    if (requestUnitsPerSecond === undefined) {
      this.#budgets.delete(container);
    } else {
      this.#budgets.set(container, new RequestUnitBudget(requestUnitsPerSecond));
    }
  }

  /** Undefined when the container has no limit. */
  budget(container: string): RequestUnitBudget | undefined {
    return this.#budgets.get(container);
  }

  get budgets(): ReadonlyMap<string, RequestUnitBudget> {
    return this.#budgets;
  }

  liftLimits(): void {
    this.#budgets.clear();
  }
}

function isMeant(fault: CosmosFault, operation: ItemOperation): boolean {
  const { container, idPrefix, operations } = fault;
  return (
    (container === undefined || container === operation.container) &&
    (operations === undefined || operations.includes(operation.name)) &&
    (idPrefix === undefined || operation.ids().some((id) => id.startsWith(idPrefix)))
  );
}

const usualRetryAfterMs = 100;

const answers: Readonly<
  Record<(typeof faultStatuses)[number], { code: CosmosErrorCode; message: string; substatus?: number }>
> = {
  408: { code: 'RequestTimeout', message: 'Request timed out.' },
  410: { code: 'Gone', message: 'The requested resource is no longer available at the server.', substatus: 1002 },
  429: {
    code: 'TooManyRequests',
    message: 'Request rate is large. More Request Units may be needed, so no changes were made. Please retry later.',
    substatus: 3200,
  },
  449: {
    code: 'RetryWith',
    message: 'Conflicting request to resource has been attempted. Retry to avoid conflicts.',
    substatus: 5352,
  },
  500: { code: 'InternalServerError', message: 'An internal error has occurred.' },
  503: { code: 'ServiceUnavailable', message: 'Service is currently unavailable.', substatus: 21_008 },
};

/** The refusal of a fault with a status; undefined for one without. */
export function faultRefusal({ retryAfterMs, status, substatus }: CosmosFault): CosmosError | undefined {
  if (status === undefined) {
    return undefined;
  }
  const { code, message, ...usual } = answers[status];
  const isTimed = status === 429 || status === 449;
  return new CosmosError(code, message, {
    ...usual,
    ...(substatus === undefined ? {} : { substatus }),
    ...(isTimed ? { retryAfterMs: retryAfterMs ?? usualRetryAfterMs } : {}),
  });
}

/** The refusal of a container that has spent its request units. */
export function rateTooLarge(retryAfterMs: number): CosmosError {
  const { code, message, substatus = 0 } = answers[429];
  return new CosmosError(code, message, { substatus, retryAfterMs });
}
