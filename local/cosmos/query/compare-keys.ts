import type { Value } from '../json.ts';
import { orderValues } from './compare-values.ts';

/** The order of two rows by their sort keys; 0 for equal ones. */
export function compareKeys(
  sortKeys: readonly { readonly direction: 1 | -1 }[],
  left: readonly Value[],
  right: readonly Value[],
): number {
  for (const [index, { direction }] of sortKeys.entries()) {
    const order = orderValues(left[index], right[index]) * direction;
    if (order !== 0) {
      return order;
    }
  }
  return 0;
}
