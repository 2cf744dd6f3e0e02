/**
 * A query or a predicate that cannot be run: the caller's fault, answered with 400.
 * `code` is the service's own where one is known: SC1001 syntax, SC2001 unknown name, SC2005 unknown function,
 * SC2022 alias used twice; `NotCarried` is ours, for a feature that the embedded service leaves out.
 */
export class QueryError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'QueryError';
    this.code = code;
  }
}

/** The error for a feature that the embedded service does not have; the message names it. */
export function notCarried(feature: string): QueryError {
  return new QueryError('NotCarried', `The embedded Cosmos DB does not carry ${feature}.`);
}
