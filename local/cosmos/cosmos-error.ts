/** Every way in which the embedded service refuses a request; thrown inside, answered at the edge. */
export type CosmosErrorCode =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'MethodNotAllowed'
  | 'Conflict'
  | 'PreconditionFailed'
  | 'RequestEntityTooLarge'
  | 'InternalServerError'
  | 'RequestTimeout'
  | 'Gone'
  | 'TooManyRequests'
  | 'RetryWith'
  | 'ServiceUnavailable';

const statuses: Readonly<Record<CosmosErrorCode, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  Conflict: 409,
  PreconditionFailed: 412,
  RequestEntityTooLarge: 413,
  InternalServerError: 500,
  RequestTimeout: 408,
  Gone: 410,
  TooManyRequests: 429,
  RetryWith: 449,
  ServiceUnavailable: 503,
};

export interface CosmosErrorDetails {
  /** Request units that the refused request costs all the same. */
  readonly charge?: number;
  readonly substatus?: number;
  /** `x-ms-retry-after-ms` */
  readonly retryAfterMs?: number;
  /** The query plan, for a query that the client has to run range by range. */
  readonly additionalErrorInfo?: string;
  readonly cause?: unknown;
}

export class CosmosError extends Error {
  readonly code: CosmosErrorCode;
  readonly status: number;
  readonly details: CosmosErrorDetails;

  constructor(code: CosmosErrorCode, message: string, details: CosmosErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'CosmosError';
    this.code = code;
    this.status = statuses[code];
    this.details = details;
  }
}

/** The refusal of a feature that is left out; the message names it. */
export function notCarriedError(feature: string): CosmosError {
  return new CosmosError('BadRequest', `The embedded Cosmos DB does not carry ${feature}.`);
}
