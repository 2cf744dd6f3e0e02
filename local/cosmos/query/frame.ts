import type { Json, Value } from '../json.ts';
import type { VectorPolicy } from './vector-distance.ts';

/**
 * What an expression sees while a query runs. Every name that FROM and JOIN give has its place in `values`, subqueries
 * included, and so has every result of an aggregate; place 0 is the item. The loops write, the expressions read.
 */
export interface Frame {
  readonly values: Value[];
  readonly surroundings: Surroundings;
  /** Counts the rows that joins and subqueries have made of one item. */
  readonly work: { rows: number };
}

/** What stays the same for a whole run. */
export interface Surroundings {
  /** By name, with `@`. */
  readonly parameters: ReadonlyMap<string, Json>;
  /** Epoch milliseconds at the start of the query. */
  readonly nowMs: number;
  /** What the container says about its vectors; empty for none. */
  readonly vectors: readonly VectorPolicy[];
}

export type Evaluate = (frame: Frame) => Value;

export const itemPlace = 0;

/** The names that can be used at some place of a query, and where their values are. */
export interface Names {
  readonly find: (name: string) => number | undefined;
}

/** Hands out places in `values`, and notes what is read of the item: one for a query with all its subqueries. */
export interface Places {
  readonly take: () => number;
  readonly taken: () => number;
  readonly noteItem: () => void;
  readonly noteSystemProperties: () => void;
  readonly noted: () => Usage;
}

export interface Usage {
  /** Some expression reads the item. */
  readonly item: boolean;
  /** … with its system properties (`_ts`, `_etag` …), or may do so. */
  readonly systemProperties: boolean;
}

export function openPlaces(): Places {
  let count = itemPlace + 1;
  let usage: Usage = { item: false, systemProperties: false };
  return {
    take: () => {
      count += 1;
      return count - 1;
    },
    taken: () => count,
    noteItem: () => {
      usage = { ...usage, item: true };
    },
    noteSystemProperties: () => {
      usage = { item: true, systemProperties: true };
    },
    noted: () => usage,
  };
}

/** The names of one FROM, before those of the queries around it. */
export function namesOf(own: ReadonlyMap<string, number>, outer: Names | undefined): Names {
  return { find: (name) => own.get(name) ?? outer?.find(name) };
}

export function openFrame(places: number, surroundings: Surroundings): Frame {
  return { values: Array.from<Value>({ length: places }), surroundings, work: { rows: 0 } };
}
