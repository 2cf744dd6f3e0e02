import { CosmosError } from './cosmos-error.ts';

const defaultPageSize = 1000;

/** Reads `x-ms-max-item-count`: -1 for as many as fit. Throws `CosmosError` (400). */
export function readPageSize(header: string | undefined): number {
  const size = Number(header ?? '0');
  if (!Number.isInteger(size) || size < -1) {
    throw new CosmosError('BadRequest', `The input PageSize ${header} is invalid: a positive whole number or -1.`);
  }
  if (size === -1) {
    return Number.MAX_SAFE_INTEGER;
  }
  return size === 0 ? defaultPageSize : size;
}
