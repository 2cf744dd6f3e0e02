/** Tokens of an image: a base, and so many for each 512 px tile. `low` detail costs the base alone. */
export interface ImageRule {
  readonly baseTokens: number;
  readonly tileTokens: number;
}

/** gpt-4o and gpt-4.1; others differ (a figure of OpenAI's vision guide, not confirmed for Azure). */
export const defaultImageRule: ImageRule = { baseTokens: 85, tileTokens: 170 };

/** Most tiles that an image can have once scaled to fit 2048 px, and its shorter side to 768 px: 4 × 2. */
const MOST_TILES = 8;

/**
 * An estimate of an image part's tokens. The size is read from a PNG or JPEG `data:` URL; for anything else the largest
 * number of tiles is assumed. Never fetches, never throws.
 */
export function imageTokens(image: {
  readonly url: string;
  readonly detail: string | undefined;
  readonly rule: ImageRule;
}): number {
  const { baseTokens, tileTokens } = image.rule;
  if (image.detail === 'low') {
    return baseTokens;
  }
  const size = readImageSize(image.url);
  return baseTokens + tileTokens * (size === undefined ? MOST_TILES : tilesOf(size));
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function tilesOf({ width, height }: Size): number {
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const shrink = Math.min(1, 768 / (Math.min(width, height) * fit));
  const tiles = Math.ceil((width * fit * shrink) / 512) * Math.ceil((height * fit * shrink) / 512);
  return Math.max(1, Math.min(MOST_TILES, tiles));
}

function readImageSize(url: string): Size | undefined {
  const match = /^data:image\/(png|jpe?g);base64,/u.exec(url.slice(0, 40));
  if (match === null) {
    return undefined;
  }
  const byteAt = base64Reader(url, match[0].length);
  const size = match[1] === 'png' ? readPngSize(byteAt) : readJpegSize(byteAt);
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
}

type ByteAt = (index: number) => number;

/** PNG: signature, then the IHDR chunk whose first fields are width and height (RFC 2083, 3.2 and 4.1.1). */
function readPngSize(byteAt: ByteAt): Size | undefined {
  const long = (index: number): number => wordAt(byteAt, index) * 0x1_00_00 + wordAt(byteAt, index + 2);
  return wordAt(byteAt, 0) === 0x89_50 ? { width: long(16), height: long(20) } : undefined;
}

/** JPEG: segments until a frame header, SOF0 to SOF15 but for DHT, JPG and DAC (ITU T.81, B.2.2). */
function readJpegSize(byteAt: ByteAt): Size | undefined {
  let index = 2;
  for (let segments = 0; segments < 200; segments += 1) {
    const marker = byteAt(index + 1);
    if (byteAt(index) !== 0xff || Number.isNaN(marker)) {
      return undefined;
    }
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: wordAt(byteAt, index + 5), width: wordAt(byteAt, index + 7) };
    }
    const length = wordAt(byteAt, index + 2);
    if (!(length >= 2)) {
      return undefined;
    }
    index += 2 + length;
  }
  return undefined;
}

function wordAt(byteAt: ByteAt, index: number): number {
  return byteAt(index) * 0x1_00 + byteAt(index + 1);
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Reads single bytes of base64 text; NaN outside of it. */
function base64Reader(text: string, offset: number): ByteAt {
  const sextetAt = (index: number): number => {
    const value = alphabet.indexOf(text.charAt(offset + index));
    return value === -1 || index + offset >= text.length ? Number.NaN : value;
  };
  return (index) => {
    const group = Math.floor(index / 3) * 4;
    const place = index % 3;
    const joined = sextetAt(group + place) * 64 + sextetAt(group + place + 1);
    return Math.floor(joined / 4 ** (2 - place)) % 256;
  };
}
