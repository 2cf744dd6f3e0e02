import { randomFillSync } from 'node:crypto';

/**
 * A lock token is a GUID. It is kept as 32 hexadecimal digits in RFC 4122 order, which is what management bodies carry
 * as AMQP uuids; delivery tags carry the same GUID in .NET's byte order (first three groups little-endian).
 */
export type LockToken = string;

const pool = Buffer.alloc(16 * 256);
let used = pool.length;

export function newLockToken(): LockToken {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = pool.subarray(used, used + 16);
  used += 16;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex');
}

const dotNetOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/** The delivery tag for a lock token. */
export function deliveryTag(token: LockToken): Buffer {
  const bytes = Buffer.from(token, 'hex');
  const tag = Buffer.allocUnsafe(16);
  for (const [index, from] of dotNetOrder.entries()) {
    tag[index] = bytes[from] ?? 0;
  }
  return tag;
}
