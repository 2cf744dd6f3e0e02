/** Writers of ASN.1 values in DER (ITU-T X.690), as far as an X.509 certificate needs them. */

/** @param tag identifier octet @param content the value's octets, one after another */
export function derValue(tag: number, ...content: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(bytes.length), bytes]);
}

export function derSequence(...items: readonly Buffer[]): Buffer {
  return derValue(0x30, ...items);
}

/** @param bytes a number without sign, most significant first */
export function derInteger(bytes: Buffer): Buffer {
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return derValue(0x02, ...(isNegative ? [Buffer.from([0])] : []), bytes);
}

/** @param dotted `1.2.840.10045.4.3.2` */
export function derObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return derValue(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

export function derUtf8(text: string): Buffer {
  return derValue(0x0c, Buffer.from(text, 'utf8'));
}

/** @param bytes whole octets: no bit at the end is unused */
export function derBitString(bytes: Buffer): Buffer {
  return derValue(0x03, Buffer.from([0]), bytes);
}

export function derOctets(bytes: Buffer): Buffer {
  return derValue(0x04, bytes);
}

export const derTrue: Buffer = Buffer.from([0x01, 0x01, 0xff]);

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, section 4.1.2.5). */
export function derTime(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replaceAll(/[-:T]|\.\d+/gu, '');
  return digits < '2050' ? derValue(0x17, Buffer.from(digits.slice(2))) : derValue(0x18, Buffer.from(digits));
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) {
    return Buffer.from([length]);
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.from([0x80 | significant.length, ...significant]);
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) {
    digits.unshift((rest & 0x7f) | 0x80);
  }
  return digits;
}
