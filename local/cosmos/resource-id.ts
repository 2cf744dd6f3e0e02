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

export function itemRid(database: number, container: number, item: number): string {
  return encode(bytesOf({ database, container, item }));
}

/** The row behind the resource id of an item of the container; undefined for any other text. */
export function rowOfItemRid(
  rid: string,
  { database, container }: { readonly database: number; readonly container: number },
): number | undefined {
  const bytes = Buffer.from(rid.replaceAll('-', '/'), 'base64');
  const rowId = bytes.length === 16 ? Number(bytes.readBigUInt64LE(8)) : 0;
  return rid === itemRid(database, container, rowId) ? rowId : undefined;
}

function bytesOf(ids: { readonly database: number; readonly container?: number; readonly item?: number }): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(ids.database, 0);
  if (ids.container === undefined) {
    return bytes.subarray(0, 4);
  }
  bytes.writeUInt32BE(0x80000000 + ids.container, 4);
  if (ids.item === undefined) {
    return bytes.subarray(0, 8);
  }
  bytes.writeBigUInt64LE(BigInt(ids.item), 8);
  return bytes;
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('/', '-');
}
