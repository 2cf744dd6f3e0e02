import { isArray, parseJson, type Json } from '../json.ts';
import { murmurHash128 } from './murmur-hash.ts';
import type { PartitionKey } from './partition-key.ts';

/**
 * The place of a partition key on the ring of hashes, in upper-case hexadecimal digits, as the SDKs compute it for keys
 * of version 2: the hash of each component, one behind the other (`@azure/cosmos`, utils/hashing/v2 and multiHash). With
 * it a client names the keys below a prefix as a range.
 */
export function effectivePartitionKey(key: PartitionKey): string {
  const components = parseJson(`[${key}]`);
  return isArray(components) ? components.map((component) => hashOf(component)).join('') : '';
}

export interface EffectiveRange {
  /** Included. */
  readonly start: string;
  /** Excluded; `FF` lies behind all hashes. */
  readonly end: string;
}

export function isInRange(key: PartitionKey, { start, end }: EffectiveRange): boolean {
  const place = effectivePartitionKey(key);
  return place >= start && place < end;
}

const marks = { none: 0x00, null: 0x01, false: 0x02, true: 0x03, number: 0x05, string: 0x08, end: 0xff } as const;

function hashOf(component: Json): string {
  const [low, high] = murmurHash128(bytesOf(component));
  const hash = Buffer.alloc(16);
  hash.writeBigUInt64BE(high, 0);
  hash.writeBigUInt64BE(low, 8);
  hash.writeUInt8(hash.readUInt8(0) & 0x3f, 0);
  return hash.toString('hex').toUpperCase();
}

function bytesOf(component: Json): Buffer {
  if (typeof component === 'string') {
    return Buffer.concat([Buffer.from([marks.string]), Buffer.from(component, 'utf8'), Buffer.from([marks.end])]);
  }
  if (typeof component === 'number') {
    const bytes = Buffer.alloc(9, marks.number);
    bytes.writeDoubleLE(component, 1);
    return bytes;
  }
  if (typeof component === 'boolean') {
    return Buffer.from([component ? marks.true : marks.false]);
  }
  return Buffer.from([component === null ? marks.null : marks.none]);
}
