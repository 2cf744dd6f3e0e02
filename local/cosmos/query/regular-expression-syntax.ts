/** The tree of a regular expression, as far as `RegexMatch` carries it: a test needs no captures. */
export type Pattern =
  | { readonly kind: 'character'; readonly test: (code: number) => boolean }
  | { readonly kind: 'place'; readonly test: PlaceTest }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly least: number; readonly most: number | undefined };

/** Whether a place between two characters will do. */
export type PlaceTest = (text: string, position: number) => boolean;

/** The modifiers of the third argument. */
export interface Modifiers {
  readonly ignoreCase: boolean;
  readonly multipleLines: boolean;
  readonly dotMatchesAll: boolean;
  readonly ignoreBlanks: boolean;
}

/** Undefined for a letter that is none of `i`, `m`, `s`, `x`. */
export function readModifiers(text: string): Modifiers | undefined {
  if (!/^[imsx]*$/u.test(text)) {
    return undefined;
  }
  return {
    ignoreCase: text.includes('i'),
    multipleLines: text.includes('m'),
    dotMatchesAll: text.includes('s'),
    ignoreBlanks: text.includes('x'),
  };
}

/** A pattern that is no regular expression; the service answers `undefined` for it. */
export class PatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PatternError';
  }
}

const newline = 10;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWordCharacter = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
export const isBlank = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** `\d` and its kin. */
export const classes: ReadonlyMap<string, (code: number) => boolean> = new Map([
  ['d', isDigit],
  ['D', (code: number) => !isDigit(code)],
  ['w', isWordCharacter],
  ['W', (code: number) => !isWordCharacter(code)],
  ['s', isBlank],
  ['S', (code: number) => !isBlank(code)],
  ['N', (code: number) => code !== newline],
]);

const isWordAt = (text: string, position: number): boolean =>
  position >= 0 && position < text.length && isWordCharacter(text.charCodeAt(position));
const isBoundary: PlaceTest = (text, position) => isWordAt(text, position - 1) !== isWordAt(text, position);
const isStart: PlaceTest = (_text, position) => position === 0;
const isEnd: PlaceTest = (text, position) => position === text.length;
/** At the end, or before a newline that ends the text. */
const isLastLineEnd: PlaceTest = (text, position) =>
  position === text.length || (position === text.length - 1 && text.charCodeAt(position) === newline);

/** `\b` and its kin. */
export const places: ReadonlyMap<string, PlaceTest> = new Map([
  ['b', isBoundary],
  ['B', (text: string, position: number) => !isBoundary(text, position)],
  ['A', isStart],
  ['z', isEnd],
  ['Z', isLastLineEnd],
]);

export function startPlace({ multipleLines }: Modifiers): PlaceTest {
  return multipleLines ? (text, position) => position === 0 || text.charCodeAt(position - 1) === newline : isStart;
}

export function endPlace({ multipleLines }: Modifiers): PlaceTest {
  return multipleLines
    ? (text, position) => position === text.length || text.charCodeAt(position) === newline
    : isLastLineEnd;
}

export function anyCharacter({ dotMatchesAll }: Modifiers): (code: number) => boolean {
  return dotMatchesAll ? () => true : (code) => code !== newline;
}
