import { CosmosError } from '../cosmos-error.ts';
import { readProperty, type Json } from '../json.ts';

/**
 * Time to live (learn.microsoft.com/azure/cosmos-db/time-to-live): seconds since the last write. The container has to
 * switch it on (a default, or -1 for "no default"); then an item's own `ttl` wins, and -1 means never.
 */
export function readTtl(item: Json): number | undefined {
  const ttl = readProperty(item, 'ttl');
  if (ttl === undefined || ttl === null) {
    return undefined;
  }
  if (!isTtl(ttl)) {
    throw new CosmosError('BadRequest', "The 'ttl' of an item is -1 or a whole number from 1 to 2147483647.");
  }
  return ttl;
}

/** When the item vanishes, in epoch milliseconds; undefined for never. */
export function expiryOf(write: {
  readonly modifiedMs: number;
  readonly ttlSeconds: number | undefined;
  readonly defaultTtlSeconds: number | undefined;
}): number | undefined {
  const seconds = write.ttlSeconds ?? write.defaultTtlSeconds ?? -1;
  return write.defaultTtlSeconds === undefined || seconds < 0 ? undefined : write.modifiedMs + seconds * 1000;
}

export function isTtl(value: Json): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value !== 0 && value >= -1 && value <= 2_147_483_647;
}
