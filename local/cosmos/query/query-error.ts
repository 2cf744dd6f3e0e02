import type { TextRange } from './syntax.ts';

/**
 * A query or a predicate that cannot be run: the caller's fault, answered with 400.
 * `code` is the service's own where one is known: SC1001 syntax, SC2001 unknown name, SC2005 unknown function,
 * SC2022 alias used twice, SC2050 wrong number of arguments, SC3020 text too long; `NotCarried` is ours, for a feature
 * that the embedded service leaves out.
 */
export class QueryError extends Error {
  readonly code: string;
  /** The place in the query's text, where one is to blame. */
  readonly at: TextRange | undefined;

  constructor(code: string, message: string, at?: TextRange) {
    super(message);
    this.name = 'QueryError';
    this.code = code;
    this.at = at;
  }
}

/** The error for a feature that the embedded service does not have; the message names it. */
export function notCarried(feature: string): QueryError {
  return new QueryError('NotCarried', `The embedded Cosmos DB does not carry ${feature}.`);
}
