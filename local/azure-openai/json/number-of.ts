import type { Random } from '../seeded-random.ts';
import type { JsonSchema } from './json-schema.ts';

/** A number within the bounds of a schema; where they leave none, the nearest to its lower one. */
export function numberOf(schema: JsonSchema, how: { readonly random: Random; readonly isInteger: boolean }): number {
  const step = schema.multipleOf ?? (how.isInteger ? 1 : 0.1);
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum } = schema;
  const bounds = { above: maximum ?? exclusiveMaximum, below: minimum ?? exclusiveMinimum };
  const low = bounds.below ?? Math.min(0, (bounds.above ?? 0) - 100 * step);
  const high = bounds.above ?? low + 100 * step;
  const first = Math.ceil(low / step) + (low === exclusiveMinimum && isWhole(low / step) ? 1 : 0);
  const last = Math.floor(high / step) - (high === exclusiveMaximum && isWhole(high / step) ? 1 : 0);
  if (last < first && !how.isInteger && schema.multipleOf === undefined) {
    return low + (high - low) / 2;
  }
  const place = first + Math.floor(how.random() * (Math.max(first, last) - first + 1));
  return tidy(place * step);
}

function isWhole(value: number): boolean {
  return Number.isInteger(value);
}

/** 0.30000000000000004 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
