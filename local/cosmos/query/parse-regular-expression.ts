import { notCarried } from './query-error.ts';
import { parseCharacterSet, readEscape, type Reader } from './parse-character-set.ts';
import {
  anyCharacter,
  classes,
  endPlace,
  isBlank,
  PatternError,
  places,
  startPlace,
  type Modifiers,
  type Pattern,
} from './regular-expression-syntax.ts';

/** Throws `PatternError` for what is no pattern, and `QueryError` for what is left out, by name. */
export function parseRegularExpression(text: string, modifiers: Modifiers): Pattern {
  const reader: Reader = { text, position: 0, depth: 0, modifiers };
  const pattern = parseChoice(reader);
  if (reader.position < text.length) {
    throw new PatternError('A parenthesis closes that was not opened.');
  }
  return pattern;
}

const deepestNesting = 100;

function parseChoice(reader: Reader): Pattern {
  reader.depth += 1;
  if (reader.depth > deepestNesting) {
    throw notCarried(`regular expressions nested deeper than ${deepestNesting} levels`);
  }
  const parts = [parseSequence(reader)];
  while (reader.text.charAt(reader.position) === '|') {
    reader.position += 1;
    parts.push(parseSequence(reader));
  }
  reader.depth -= 1;
  return { kind: 'choice', parts };
}

function parseSequence(reader: Reader): Pattern {
  const parts: Pattern[] = [];
  for (;;) {
    skipBlanks(reader);
    const character = reader.text.charAt(reader.position);
    if (character === '' || character === '|' || character === ')') {
      return { kind: 'sequence', parts };
    }
    parts.push(parseRepeat(reader, parseAtom(reader)));
  }
}

function skipBlanks(reader: Reader): void {
  while (reader.modifiers.ignoreBlanks && reader.position < reader.text.length) {
    const isComment = reader.text.charAt(reader.position) === '#';
    if (!isComment && !isBlank(reader.text.charCodeAt(reader.position))) {
      return;
    }
    const lineEnd = reader.text.indexOf('\n', reader.position);
    const commentEnd = lineEnd < 0 ? reader.text.length : lineEnd;
    reader.position = isComment ? commentEnd : reader.position + 1;
  }
}

const braces = /\{(?<least>\d{1,5})(?<comma>,(?<most>\d{1,5})?)?\}/uy;

function parseRepeat(reader: Reader, atom: Pattern): Pattern {
  let part = atom;
  for (;;) {
    skipBlanks(reader);
    const bounds = readBounds(reader);
    if (bounds === undefined) {
      return part;
    }
    if (part !== atom) {
      throw new PatternError('Nothing to repeat.');
    }
    if (bounds.most !== undefined && bounds.most < bounds.least) {
      throw new PatternError('The bounds of a repetition are out of order.');
    }
    if (reader.text.charAt(reader.position) === '+') {
      throw notCarried('possessive repetitions in regular expressions');
    }
    reader.position += reader.text.charAt(reader.position) === '?' ? 1 : 0;
    part = { kind: 'repeat', part, ...bounds };
  }
}

function readBounds(reader: Reader): { readonly least: number; readonly most: number | undefined } | undefined {
  const symbol = reader.text.charAt(reader.position);
  const simple = { '*': [0, undefined], '+': [1, undefined], '?': [0, 1] } as const;
  if (symbol === '*' || symbol === '+' || symbol === '?') {
    const [least, most] = simple[symbol];
    reader.position += 1;
    return { least, most };
  }
  braces.lastIndex = reader.position;
  const found = braces.exec(reader.text);
  if (found?.groups === undefined) {
    return undefined;
  }
  reader.position += found[0].length;
  const { least, comma, most } = found.groups;
  const open = most === undefined ? undefined : Number(most);
  return { least: Number(least), most: comma === undefined ? Number(least) : open };
}

function parseAtom(reader: Reader): Pattern {
  const { text, modifiers } = reader;
  const character = text.charAt(reader.position);
  switch (character) {
    case '(':
      return parseGroup(reader);
    case '[':
      return { kind: 'character', test: parseCharacterSet(reader) };
    case '\\':
      return parseEscape(reader);
    case '*':
    case '+':
    case '?':
      throw new PatternError('Nothing to repeat.');
    default: {
      const code = text.codePointAt(reader.position) ?? 0;
      reader.position += code > 0xff_ff ? 2 : 1;
      return plainAtom(character, code, modifiers);
    }
  }
}

function plainAtom(character: string, code: number, modifiers: Modifiers): Pattern {
  switch (character) {
    case '.':
      return { kind: 'character', test: anyCharacter(modifiers) };
    case '^':
      return { kind: 'place', test: startPlace(modifiers) };
    case '$':
      return { kind: 'place', test: endPlace(modifiers) };
    default:
      return literal(code, modifiers);
  }
}

function literal(code: number, { ignoreCase }: Modifiers): Pattern {
  if (!ignoreCase) {
    return { kind: 'character', test: (given) => given === code };
  }
  const folded = String.fromCodePoint(code).toLowerCase();
  return {
    kind: 'character',
    test: (given) => given === code || String.fromCodePoint(given).toLowerCase() === folded,
  };
}

function parseEscape(reader: Reader): Pattern {
  const letter = reader.text.charAt(reader.position + 1);
  const place = places.get(letter);
  if (place !== undefined) {
    reader.position += 2;
    return { kind: 'place', test: place };
  }
  const test = classes.get(letter);
  if (test !== undefined) {
    reader.position += 2;
    return { kind: 'character', test };
  }
  if (/[1-9gk]/u.test(letter)) {
    throw notCarried('back references in regular expressions');
  }
  return literal(readEscape(reader), reader.modifiers);
}

const groupStart = /\(\?(?:(?<plain>:|P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*')|(?<look><?[=!]))/uy;

function parseGroup(reader: Reader): Pattern {
  if (reader.text.charAt(reader.position + 1) === '*') {
    throw notCarried('control verbs in regular expressions');
  }
  if (reader.text.charAt(reader.position + 1) === '?') {
    groupStart.lastIndex = reader.position;
    const start = groupStart.exec(reader.text);
    if (start?.groups?.['look'] !== undefined) {
      throw notCarried('look-around in regular expressions');
    }
    if (start === null) {
      throw notCarried(
        `groups of the kind ${reader.text.slice(reader.position, reader.position + 4)} in regular expressions`,
      );
    }
    reader.position += start[0].length;
  } else {
    reader.position += 1;
  }
  const inner = parseChoice(reader);
  if (reader.text.charAt(reader.position) !== ')') {
    throw new PatternError('A parenthesis is not closed.');
  }
  reader.position += 1;
  return inner;
}
