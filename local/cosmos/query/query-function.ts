import type { Value } from '../json.ts';

/** A function of the query language: undefined out for arguments that do not fit, as in the service. */
export interface QueryFunction {
  readonly fewest: number;
  readonly most: number;
  /** `nowMs`: epoch milliseconds at the start of the query. */
  readonly apply: (args: readonly Value[], nowMs: number) => Value;
}

/** With the upper-case name. */
export type FunctionEntry = readonly [name: string, QueryFunction];

/** A function of so many arguments. */
export function fixed(count: number, apply: QueryFunction['apply']): QueryFunction {
  return { fewest: count, most: count, apply };
}

/** No bound is known for functions that take any number of arguments; the service has one for the text of a query. */
export const unbounded = Number.MAX_SAFE_INTEGER;
