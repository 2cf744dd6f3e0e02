import { AmqpDecodeError } from './amqp-error.ts';

/** A decoded AMQP value. Symbols are strings, uuids and binaries are buffers, longs beyond 2^53 are bigints. */
export type AmqpValue = null | boolean | number | bigint | string | Buffer | Date | readonly AmqpValue[] | AmqpMap;

/** A map with string or symbol keys. */
export interface AmqpMap extends ReadonlyMap<string, AmqpValue> {}

/** An entry of an AMQP map whose value is left encoded, constructor included, so that its type survives a copy. */
export type EncodedEntry = readonly [key: string, value: Buffer];

/** Where the value that starts at `offset` ends. Encodings: OASIS AMQP 1.0, part 1, section 1.2. */
export function endOfValue(bytes: Buffer, offset: number): number {
  const code = byteAt(bytes, offset);
  const end =
    code === 0 ? endOfValue(bytes, endOfValue(bytes, offset + 1)) : endOfBody({ code, bytes, offset: offset + 1 });
  if (end > bytes.length) {
    throw new AmqpDecodeError(`An AMQP value of ${end - offset} bytes is cut off after ${bytes.length - offset}.`);
  }
  return end;
}

/** Decodes the value that starts at `offset`; a described value yields what it describes. */
export function readValue(bytes: Buffer, offset = 0): AmqpValue {
  const end = endOfValue(bytes, offset);
  const start = skipDescriptors(bytes, offset);
  return readBody({ code: byteAt(bytes, start), bytes, offset: start + 1, end });
}

/** The items of a list, still encoded. */
export function readItems(bytes: Buffer, offset = 0): Buffer[] {
  const start = skipDescriptors(bytes, offset);
  const code = byteAt(bytes, start);
  if (code === 0x45) {
    return [];
  }
  if (code !== 0xc0 && code !== 0xd0) {
    throw new AmqpDecodeError(`Expected an AMQP list, found type 0x${code.toString(16)}.`);
  }
  return compoundItems({ code, bytes, offset: start + 1 });
}

/** The entries of a map with their values still encoded. Keys have to be strings or symbols. */
export function readEntries(bytes: Buffer, offset = 0): EncodedEntry[] {
  const start = skipDescriptors(bytes, offset);
  const code = byteAt(bytes, start);
  if (code === 0x40) {
    return [];
  }
  if (code !== 0xc1 && code !== 0xd1) {
    throw new AmqpDecodeError(`Expected an AMQP map, found type 0x${code.toString(16)}.`);
  }
  const items = compoundItems({ code, bytes, offset: start + 1 });
  const entries: EncodedEntry[] = [];
  for (let index = 0; index + 1 < items.length; index += 2) {
    const key = items[index];
    const value = items[index + 1];
    if (key !== undefined && value !== undefined) {
      entries.push([readKey(key), value]);
    }
  }
  return entries;
}

/** The value when it is a string or symbol, else ''. */
export function textOf(value: AmqpValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function isAmqpList(value: AmqpValue | undefined): value is readonly AmqpValue[] {
  return Array.isArray(value);
}

export function isAmqpMap(value: AmqpValue | undefined): value is AmqpMap {
  return value instanceof Map;
}

interface Place {
  readonly code: number;
  readonly bytes: Buffer;
  readonly offset: number;
}

function endOfBody({ code, bytes, offset }: Place): number {
  switch (code >>> 4) {
    case 0x4:
      return offset;
    case 0x5:
      return offset + 1;
    case 0x6:
      return offset + 2;
    case 0x7:
      return offset + 4;
    case 0x8:
      return offset + 8;
    case 0x9:
      return offset + 16;
    case 0xa:
    case 0xc:
    case 0xe:
      return offset + 1 + byteAt(bytes, offset);
    case 0xb:
    case 0xd:
    case 0xf:
      return offset + 4 + uint32At(bytes, offset);
    default:
      throw new AmqpDecodeError(`Unknown AMQP type 0x${code.toString(16)}.`);
  }
}

function readBody({ code, bytes, offset, end }: Place & { readonly end: number }): AmqpValue {
  switch (code >>> 4) {
    case 0xa:
      return text(code, bytes.subarray(offset + 1, end));
    case 0xb:
      return text(code, bytes.subarray(offset + 4, end));
    case 0xc:
    case 0xd:
      return readCompound({ code, bytes, offset });
    case 0xe:
    case 0xf:
      return readArray({ code, bytes, offset });
    case 0x9:
      return bytes.subarray(offset, end);
    default:
      return readScalar({ code, bytes, offset });
  }
}

function readScalar({ code, bytes, offset }: Place): AmqpValue {
  switch (code) {
    case 0x41:
      return true;
    case 0x42:
      return false;
    case 0x56:
      return byteAt(bytes, offset) !== 0;
    case 0x43:
    case 0x44:
      return 0;
    case 0x50:
    case 0x52:
    case 0x53:
      return bytes.readUInt8(offset);
    case 0x51:
    case 0x54:
    case 0x55:
      return bytes.readInt8(offset);
    case 0x60:
      return bytes.readUInt16BE(offset);
    case 0x61:
      return bytes.readInt16BE(offset);
    case 0x70:
    case 0x73:
      return bytes.readUInt32BE(offset);
    case 0x71:
      return bytes.readInt32BE(offset);
    case 0x72:
      return bytes.readFloatBE(offset);
    case 0x80:
      return narrow(bytes.readBigUInt64BE(offset));
    case 0x81:
      return narrow(bytes.readBigInt64BE(offset));
    case 0x82:
      return bytes.readDoubleBE(offset);
    case 0x83:
      return new Date(Number(bytes.readBigInt64BE(offset)));
    default:
      return null;
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function text(code: number, bytes: Buffer): string | Buffer {
  switch (code & 0x0f) {
    case 0x1:
      return bytes.toString('utf8');
    case 0x3:
      return bytes.toString('ascii');
    default:
      return bytes;
  }
}

function readCompound(place: Place): AmqpValue {
  const items = compoundItems(place);
  if ((place.code & 0x0f) === 0) {
    return items.map((item) => readValue(item));
  }
  const map = new Map<string, AmqpValue>();
  for (let index = 0; index + 1 < items.length; index += 2) {
    const key = items[index];
    const value = items[index + 1];
    if (key !== undefined && value !== undefined) {
      map.set(readKey(key), readValue(value));
    }
  }
  return map;
}

/** Sizes and counts of compounds and arrays take one byte when the type's high nibble is c or e, four otherwise. */
function compoundItems({ code, bytes, offset }: Place): Buffer[] {
  const short = code < 0xd0;
  const count = short ? byteAt(bytes, offset + 1) : uint32At(bytes, offset + 4);
  let next = offset + (short ? 2 : 8);
  const items: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const end = endOfValue(bytes, next);
    items.push(bytes.subarray(next, end));
    next = end;
  }
  return items;
}

function readArray({ code, bytes, offset }: Place): AmqpValue {
  const short = code < 0xf0;
  const count = short ? byteAt(bytes, offset + 1) : uint32At(bytes, offset + 4);
  const constructor = skipDescriptors(bytes, offset + (short ? 2 : 8));
  const itemCode = byteAt(bytes, constructor);
  let next = constructor + 1;
  const items: AmqpValue[] = [];
  for (let index = 0; index < count; index += 1) {
    const end = endOfBody({ code: itemCode, bytes, offset: next });
    if (end > bytes.length) {
      throw new AmqpDecodeError('An AMQP array is cut off.');
    }
    items.push(readBody({ code: itemCode, bytes, offset: next, end }));
    next = end;
    if (items.length > bytes.length) {
      throw new AmqpDecodeError('An AMQP array claims more items than it can hold.');
    }
  }
  return items;
}

function readKey(bytes: Buffer): string {
  const key = readValue(bytes);
  if (typeof key !== 'string') {
    throw new AmqpDecodeError('A map key is neither a string nor a symbol.');
  }
  return key;
}

function skipDescriptors(bytes: Buffer, offset: number): number {
  let start = offset;
  while (byteAt(bytes, start) === 0) {
    start = endOfValue(bytes, start + 1);
  }
  return start;
}

function byteAt(bytes: Buffer, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) {
    throw new AmqpDecodeError('An AMQP value is cut off.');
  }
  return byte;
}

function uint32At(bytes: Buffer, offset: number): number {
  if (offset + 4 > bytes.length) {
    throw new AmqpDecodeError('An AMQP value is cut off.');
  }
  return bytes.readUInt32BE(offset);
}
