import type { Json } from '../json.ts';

/** What a piece gave: where to go on, the value once it is whole, and what is wrong with it. */
export interface TextRead {
  readonly end: number;
  /** Absent while the text goes on, and when it is no JSON: then there is a problem. */
  readonly value?: Json;
  readonly problem?: string;
}

/** The characters of numbers, `true`, `false` and `null`; the longest that is read as one. */
const longestPlain = 1024;

const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?$/u;
const words: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** A string, number or word of a JSON text, which may be spread over pieces. */
export class JsonText {
  #kind: 'none' | 'string' | 'plain' = 'none';
  #value = '';
  /** An escape that the end of the last piece cut off. */
  #rest = '';

  get kind(): 'none' | 'string' | 'plain' {
    return this.#kind;
  }

  open(kind: 'string' | 'plain'): void {
    this.#kind = kind;
    this.#value = '';
    this.#rest = '';
  }

  read(piece: string, start: number): TextRead {
    return this.#kind === 'string' ? this.#readString(piece, start) : this.#readPlain(piece, start);
  }

  /** A number or word that the end of everything ended. */
  end(): TextRead {
    this.#kind = 'none';
    const word = words.get(this.#value);
    if (word !== undefined) {
      return { end: 0, value: word };
    }
    if (!numberPattern.test(this.#value)) {
      return { end: 0, problem: 'is not JSON' };
    }
    const value = Number(this.#value);
    return Number.isFinite(value) ? { end: 0, value } : { end: 0, value: 0, problem: 'is too large a number' };
  }

  #readPlain(piece: string, start: number): TextRead {
    let index = start;
    while (index < piece.length && isPlain(piece.charCodeAt(index))) {
      index += 1;
    }
    this.#value += piece.slice(start, index);
    if (this.#value.length > longestPlain) {
      return { end: piece.length, problem: `is a number or word of more than ${longestPlain} characters` };
    }
    return index < piece.length ? { ...this.end(), end: index } : { end: index };
  }

  #readString(piece: string, start: number): TextRead {
    const isCut = this.#rest !== '';
    const source = isCut ? this.#rest + piece.slice(start) : piece;
    const from = isCut ? 0 : start;
    const shift = source.length - piece.length;
    const scanned = scanString(source, from);
    if (scanned.kind === 'control') {
      return { end: piece.length, problem: 'is not JSON: a control character stands in a string' };
    }
    const raw = source.slice(from, scanned.end);
    const text = scanned.hasEscape ? unescape(raw) : raw;
    if (text === undefined) {
      return { end: piece.length, problem: 'is not JSON: an escape is not known' };
    }
    this.#value += text;
    this.#rest = scanned.kind === 'open' ? source.slice(scanned.end) : '';
    return scanned.kind === 'closed' ? this.#close(scanned.end + 1 - shift) : { end: piece.length };
  }

  #close(end: number): TextRead {
    this.#kind = 'none';
    const value = this.#value;
    return value.isWellFormed() ? { end, value } : { end, value, problem: 'holds half of a surrogate pair' };
  }
}

interface ScannedString {
  /** `open`: it goes on in the next piece, from `end` on. */
  readonly kind: 'closed' | 'open' | 'control';
  readonly end: number;
  readonly hasEscape: boolean;
}

/** Up to the closing quote, or to the end of the piece without an escape that is not whole. */
function scanString(source: string, from: number): ScannedString {
  let hasEscape = false;
  let index = from;
  while (index < source.length) {
    const code = source.charCodeAt(index);
    if (code === 0x22) {
      return { kind: 'closed', end: index, hasEscape };
    }
    if (code < 0x20) {
      return { kind: 'control', end: index, hasEscape };
    }
    const length = code === 0x5c ? escapeLength(source.charCodeAt(index + 1)) : 1;
    if (index + length > source.length) {
      break;
    }
    hasEscape ||= code === 0x5c;
    index += length;
  }
  return { kind: 'open', end: index, hasEscape };
}

/** `\uXXXX`, or a backslash and one more. */
function escapeLength(next: number): number {
  return next === 0x75 ? 6 : 2;
}

/** Up to the next mark or white space; what is no number or word is found when it is whole. */
function isPlain(code: number): boolean {
  return code > 0x20 && code !== 0x22 && code !== 0x2c && code !== 0x3a && code !== 0x5d && code !== 0x7d;
}

/** `JSON.parse` knows the escapes. */
function unescape(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(`"${text}"`);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
