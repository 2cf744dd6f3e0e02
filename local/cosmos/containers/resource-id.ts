/**
 * Resource ids (`_rid`): 4 bytes for a database, 4 more for a container, 8 more for an item, in base64 with `-` for
 * `/`. The SDK reads the container's 8 bytes (SessionContainer) and the item's last 8 as a little-endian number
 * (RidSkipCountFilter), so both have to be as the service builds them.
 */
export function databaseRid(database: number): string {
  return encode(bytesOf({ database }));
}

export function containerRid(database: number, container: number): string {
  return encode(bytesOf({ database, container }));
}

/** Made for every item that is read or written, so it is written into one buffer, and the bytes by hand. */
export function itemRid(database: number, container: number, item: number): string {
  itemBytes.writeUInt32LE(database, 0);
  itemBytes.writeUInt32BE(0x80000000 + container, 4);
  itemBytes.writeUInt32LE(item % 2 ** 32, 8);
  itemBytes.writeUInt32LE(Math.floor(item / 2 ** 32), 12);
  return encode(itemBytes);
}

const itemBytes = Buffer.alloc(16);

/** The row behind the resource id of an item of the container; undefined for any other text. */
export function rowOfItemRid(
  rid: string,
  { database, container }: { readonly database: number; readonly container: number },
): number | undefined {
  const bytes = Buffer.from(rid.replaceAll('-', '/'), 'base64');
  const rowId = bytes.length === 16 ? Number(bytes.readBigUInt64LE(8)) : 0;
  return rid === itemRid(database, container, rowId) ? rowId : undefined;
}

function bytesOf(ids: { readonly database: number; readonly container?: number }): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(ids.database, 0);
  if (ids.container === undefined) {
    return bytes.subarray(0, 4);
  }
  bytes.writeUInt32BE(0x80000000 + ids.container, 4);
  return bytes;
}

function encode(bytes: Buffer): string {
  const text = bytes.toString('base64');
  return text.includes('/') ? text.replaceAll('/', '-') : text;
}
