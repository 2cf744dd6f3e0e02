import { jsonSlices } from '../json/json-slices.ts';

/**
 * JSON with the keys of every object in order, so that equal requests have equal text whoever wrote them. Undefined
 * values are left out, as JSON does.
 */
export function canonicalJson(value: unknown): string {
  return [...jsonSlices(value, { isSorted: true })].join('');
}
