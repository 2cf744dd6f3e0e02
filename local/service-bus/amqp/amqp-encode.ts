import type { EncodedEntry } from './amqp-decode.ts';

/** Writers of single AMQP 1.0 values, constructor included (OASIS AMQP 1.0, part 1, section 1.6). */

export const encodedNull: Buffer = Buffer.from([0x40]);
export const encodedTrue: Buffer = Buffer.from([0x41]);
export const encodedFalse: Buffer = Buffer.from([0x42]);

export function encodeUbyte(value: number): Buffer {
  return Buffer.from([0x50, value]);
}

export function encodeUint(value: number): Buffer {
  if (value === 0) {
    return Buffer.from([0x43]);
  }
  if (value < 256) {
    return Buffer.from([0x52, value]);
  }
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = 0x70;
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

export function encodeInt(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(5);
  bytes[0] = 0x71;
  bytes.writeInt32BE(value, 1);
  return bytes;
}

export function encodeLong(value: number): Buffer {
  return wide(0x81, value);
}

export function encodeTimestamp(epochMs: number): Buffer {
  return wide(0x83, epochMs);
}

export function encodeString(value: string): Buffer {
  return variable(0xa1, Buffer.from(value, 'utf8'));
}

export function encodeSymbol(value: string): Buffer {
  return variable(0xa3, Buffer.from(value, 'ascii'));
}

export function encodeBinary(value: Buffer): Buffer {
  return variable(0xa0, value);
}

/** @param hex 32 hexadecimal digits in RFC 4122 order */
export function encodeUuid(hex: string): Buffer {
  return Buffer.concat([Buffer.from([0x98]), Buffer.from(hex, 'hex')]);
}

/** @param items encoded values */
export function encodeList(items: readonly Buffer[]): Buffer {
  return compound({ code: 0xc0, count: items.length, content: Buffer.concat(items) });
}

/** A map with string keys, as application properties and management bodies have. */
export function encodeMap(entries: readonly EncodedEntry[]): Buffer {
  const content = Buffer.concat(entries.flatMap(([key, value]) => [encodeString(key), value]));
  return compound({ code: 0xc1, count: entries.length * 2, content });
}

/** A map with symbol keys, as annotations have. */
export function encodeSymbolMap(entries: readonly EncodedEntry[]): Buffer {
  const content = Buffer.concat(entries.flatMap(([key, value]) => [encodeSymbol(key), value]));
  return compound({ code: 0xc1, count: entries.length * 2, content });
}

/** What comes before the content of a map: `count` keys and values that take `length` bytes together. */
export function encodeMapHead(length: number, count: number): Buffer {
  return compoundHead({ code: 0xc1, count, length });
}

export function encodeLongArray(values: readonly number[]): Buffer {
  return wideArray(0x81, values);
}

export function encodeTimestampArray(epochMs: readonly number[]): Buffer {
  return wideArray(0x83, epochMs);
}

/** A message section: the descriptor `0x53 code`, then the value (AMQP 1.0, part 3, section 3.2). */
export function encodeSection(code: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x00, 0x53, code]), value]);
}

function wide(code: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = code;
  writeInt64(bytes, value, 1);
  return bytes;
}

/** Writes a long, or a timestamp, in the place of its eight bytes. */
export function writeInt64(bytes: Buffer, value: number, offset: number): void {
  const high = Math.floor(value / 4_294_967_296);
  bytes.writeInt32BE(high, offset);
  bytes.writeUInt32BE(value - high * 4_294_967_296, offset + 4);
}

/** The one-byte form for up to 255 bytes, else the four-byte form, whose code is 0x10 higher. */
function variable(code: number, content: Buffer): Buffer {
  const short = content.length < 256;
  const bytes = Buffer.allocUnsafe(content.length + (short ? 2 : 5));
  bytes[0] = short ? code : code + 0x10;
  if (short) {
    bytes[1] = content.length;
  } else {
    bytes.writeUInt32BE(content.length, 1);
  }
  content.copy(bytes, short ? 2 : 5);
  return bytes;
}

interface CompoundHead {
  readonly code: number;
  readonly count: number;
  /** Of the content. */
  readonly length: number;
}

interface Compound {
  readonly code: number;
  readonly count: number;
  readonly content: Buffer;
}

function compound({ code, count, content }: Compound): Buffer {
  return Buffer.concat([compoundHead({ code, count, length: content.length }), content]);
}

function compoundHead({ code, count, length }: CompoundHead): Buffer {
  const short = length < 255 && count < 256;
  const head = Buffer.allocUnsafe(short ? 3 : 9);
  head[0] = short ? code : code + 0x10;
  if (short) {
    head[1] = length + 1;
    head[2] = count;
  } else {
    head.writeUInt32BE(length + 4, 1);
    head.writeUInt32BE(count, 5);
  }
  return head;
}

function wideArray(code: number, values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(10 + values.length * 8);
  bytes[0] = 0xf0;
  bytes.writeUInt32BE(5 + values.length * 8, 1);
  bytes.writeUInt32BE(values.length, 5);
  bytes[9] = code;
  for (const [index, value] of values.entries()) {
    writeInt64(bytes, value, 10 + index * 8);
  }
  return bytes;
}
