import type { DatabaseSync } from 'node:sqlite';
import type { Catalog, Container } from './containers/catalog.ts';
import { CosmosError } from './cosmos-error.ts';
import type { CosmosFaults } from './cosmos-faults.ts';
import type { ItemContext } from './items/item-operations.ts';
import { parseJson, type Json } from './json.ts';
import type { OfferStore } from './containers/offer-store.ts';
import type { CompiledQuery } from './query/compile-query.ts';
import type { QueryError } from './query/query-error.ts';
import type { QueryMemories } from './query/query-memories.ts';

/** What every handler works with. */
export interface Service {
  readonly sql: DatabaseSync;
  readonly catalog: Catalog;
  readonly offers: OfferStore;
  readonly now: () => number;
  readonly nextEtag: () => string;
  readonly compile: (query: string) => CompiledQuery;
  readonly memories: QueryMemories;
  readonly compilePredicate: (predicate: string) => (item: Json) => boolean;
  /** `http://127.0.0.1:port/`, as the account tells its clients that speak plainly. */
  readonly endpoint: string;
  readonly faults: CosmosFaults;
  /** Aborted when the service stops: nothing is carried out any more. */
  readonly stopping: AbortSignal;
}

/** A request, read and signed. */
export interface CosmosRequest {
  readonly method: string;
  readonly header: (name: string) => string | undefined;
  /** Whether it came inside of TLS. */
  readonly isSecure: boolean;
  readonly body: string;
}

/** What goes back; the charge is booked on the container. */
export interface Answer {
  readonly status: number;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly charge: number;
  /** Whether the charge has been taken off the budget already. */
  readonly isSpent?: boolean;
}

export function itemContext(service: Service, container: Container): ItemContext {
  return { container, nowMs: service.now(), nextEtag: service.nextEtag };
}

/** The body as JSON; undefined when there is none. Throws `CosmosError` (400). */
export function jsonBody({ body }: CosmosRequest): Json | undefined {
  if (body === '') {
    return undefined;
  }
  try {
    return parseJson(body);
  } catch (cause) {
    throw new CosmosError('BadRequest', 'The request payload is invalid. Ensure to provide a valid request payload.', {
      cause,
    });
  }
}

export function isTrue(header: string | undefined): boolean {
  return header?.toLowerCase() === 'true';
}

/** The error that a client gets for a query or a predicate that cannot be run, in the service's form. */
export function queryRefusal(error: QueryError): CosmosError {
  const { code, message: text, at } = error;
  const location = at === undefined ? {} : { location: { start: at.start, end: at.end } };
  const message = JSON.stringify({ errors: [{ severity: 'Error', ...location, code, message: text }] });
  const substatus = error.code === '4001' ? 4001 : undefined;
  return new CosmosError('BadRequest', message, { cause: error, ...(substatus === undefined ? {} : { substatus }) });
}
