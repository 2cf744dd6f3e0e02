/** In pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Size of a PNG, JPEG, GIF or WebP by its header; undefined for anything else. */
export function imageSize(bytes: Buffer): ImageSize | undefined {
  const size = pngSize(bytes) ?? gifSize(bytes) ?? webpSize(bytes) ?? jpegSize(bytes);
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
}

/** Signature and the first two fields of IHDR (RFC 2083, 3.2 and 4.1.1). */
function pngSize(bytes: Buffer): ImageSize | undefined {
  const isPng = bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89_50_4e_47 && textAt(bytes, 12, 4) === 'IHDR';
  return isPng ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : undefined;
}

/** The logical screen (GIF89a, 18). */
function gifSize(bytes: Buffer): ImageSize | undefined {
  const isGif = bytes.length >= 10 && /^GIF8[79]a$/u.test(textAt(bytes, 0, 6));
  return isGif ? { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) } : undefined;
}

/** The canvas of VP8X, or the frame of VP8 and VP8L (RFC 9649, 2 and RFC 6386, 9.1). */
function webpSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 30 || textAt(bytes, 0, 4) !== 'RIFF' || textAt(bytes, 8, 4) !== 'WEBP') {
    return undefined;
  }
  switch (textAt(bytes, 12, 4)) {
    case 'VP8X':
      return { width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3) };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { width: 1 + (bits & 0x3f_ff), height: 1 + ((bits >>> 14) & 0x3f_ff) };
    }
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3f_ff, height: bytes.readUInt16LE(28) & 0x3f_ff };
    default:
      return undefined;
  }
}

/** Segments up to a frame header: SOF0 to SOF15 but for DHT, JPG and DAC (ITU T.81, B.2.2). */
function jpegSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xff_d8) {
    return undefined;
  }
  let index = 2;
  while (index + 9 <= bytes.length && bytes[index] === 0xff) {
    const marker = bytes[index + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: bytes.readUInt16BE(index + 5), width: bytes.readUInt16BE(index + 7) };
    }
    index += 2 + Math.max(2, bytes.readUInt16BE(index + 2));
  }
  return undefined;
}

function textAt(bytes: Buffer, offset: number, length: number): string {
  return bytes.toString('latin1', offset, offset + length);
}
