import { notCarried } from './query-error.ts';
import { classes, PatternError, type Modifiers } from './regular-expression-syntax.ts';

/** A place in the text of a pattern, which moves on. */
export interface Reader {
  readonly text: string;
  readonly modifiers: Modifiers;
  position: number;
  depth: number;
}

/** `[…]` at the reader's place: what it lets through. */
export function parseCharacterSet(reader: Reader): (code: number) => boolean {
  const { text } = reader;
  reader.position += 1;
  const negated = text.charAt(reader.position) === '^';
  reader.position += negated ? 1 : 0;
  const tests: ((code: number) => boolean)[] = [];
  for (let first = true; first || text.charAt(reader.position) !== ']'; first = false) {
    if (reader.position >= text.length) {
      throw new PatternError('A bracket is not closed.');
    }
    tests.push(parseMember(reader));
  }
  reader.position += 1;
  const isIn = withCase(tests, reader.modifiers);
  return negated ? (code) => !isIn(code) : isIn;
}

function withCase(tests: readonly ((code: number) => boolean)[], { ignoreCase }: Modifiers): (code: number) => boolean {
  const isIn = (code: number): boolean => tests.some((test) => test(code));
  if (!ignoreCase) {
    return isIn;
  }
  return (code) => {
    const character = String.fromCodePoint(code);
    const [lower, upper] = [character.toLowerCase().codePointAt(0), character.toUpperCase().codePointAt(0)];
    return isIn(code) || isIn(lower ?? code) || isIn(upper ?? code);
  };
}

/** A class, a character or a range of characters. */
function parseMember(reader: Reader): (code: number) => boolean {
  const { text } = reader;
  if (text.charAt(reader.position) === '[' && /[:.=]/u.test(text.charAt(reader.position + 1))) {
    throw notCarried('POSIX classes in regular expressions');
  }
  const known = text.charAt(reader.position) === '\\' ? classes.get(text.charAt(reader.position + 1)) : undefined;
  if (known !== undefined) {
    reader.position += 2;
    return known;
  }
  const low = readCharacter(reader);
  const isRange = text.charAt(reader.position) === '-' && !['', ']'].includes(text.charAt(reader.position + 1));
  if (!isRange || isClassAt(text, reader.position + 1)) {
    return (code) => code === low;
  }
  reader.position += 1;
  const high = readCharacter(reader);
  if (high < low) {
    throw new PatternError('A range is out of order.');
  }
  return (code) => code >= low && code <= high;
}

function isClassAt(text: string, position: number): boolean {
  return text.charAt(position) === '\\' && classes.has(text.charAt(position + 1));
}

function readCharacter(reader: Reader): number {
  if (reader.text.charAt(reader.position) === '\\') {
    return reader.text.charAt(reader.position + 1) === 'b' ? skip(reader, 2, 8) : readEscape(reader);
  }
  const code = reader.text.codePointAt(reader.position) ?? 0;
  return skip(reader, code > 0xff_ff ? 2 : 1, code);
}

function skip(reader: Reader, length: number, code: number): number {
  reader.position += length;
  return code;
}

const controls = new Map([
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['f', 12],
  ['v', 11],
  ['e', 27],
  ['a', 7],
  ['0', 0],
]);

const hexadecimal = /\\x(?:(?<two>[0-9A-Fa-f]{2})|\{(?<many>[0-9A-Fa-f]{1,6})\})/uy;

/** The one character that an escape stands for. */
export function readEscape(reader: Reader): number {
  const letter = reader.text.charAt(reader.position + 1);
  hexadecimal.lastIndex = reader.position;
  const digits = hexadecimal.exec(reader.text);
  if (digits?.groups !== undefined) {
    const code = Number.parseInt(digits.groups['two'] ?? digits.groups['many'] ?? '0', 16);
    if (code > 0x10_ff_ff) {
      throw new PatternError('There is no such character.');
    }
    return skip(reader, digits[0].length, code);
  }
  const control = controls.get(letter);
  if (control !== undefined) {
    return skip(reader, 2, control);
  }
  if (/[pPXRKGQECcHhVoLlUu]/u.test(letter)) {
    throw notCarried(`\\${letter} in regular expressions`);
  }
  if (letter === '' || /[A-Za-z0-9]/u.test(letter)) {
    throw new PatternError('An escape means nothing.');
  }
  return skip(reader, 2, letter.codePointAt(0) ?? 0);
}
