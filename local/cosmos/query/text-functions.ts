import { isArray, type Value } from '../json.ts';
import { compileRegularExpression } from './regular-expression.ts';
import { fixed, unbounded, type FunctionEntry, type QueryFunction } from './query-function.ts';

function ofText(apply: (text: string) => Value): QueryFunction {
  return fixed(1, ([text]) => (typeof text === 'string' ? apply(text) : undefined));
}

/** STARTSWITH and its kin take a third argument: true for no regard to case. */
function textTest(test: (text: string, part: string) => boolean): QueryFunction {
  return {
    fewest: 2,
    most: 3,
    apply: ([text, part, ignoreCase]) => {
      if (typeof text !== 'string' || typeof part !== 'string') {
        return undefined;
      }
      return ignoreCase === true ? test(text.toLowerCase(), part.toLowerCase()) : test(text, part);
    },
  };
}

/** `CONTAINS_ANY_CI(text, part, …)` and its three kin. */
function partsTest(kind: 'all' | 'any', ignoreCase: boolean): QueryFunction {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  return {
    fewest: 2,
    most: unbounded,
    apply: ([text, ...parts]) => {
      if (typeof text !== 'string' || !parts.every((part) => typeof part === 'string')) {
        return undefined;
      }
      const folded = fold(text);
      const has = (part: string): boolean => folded.includes(fold(part));
      return kind === 'all' ? parts.every(has) : parts.some(has);
    },
  };
}

/** Cuts blanks, or the characters of the second argument. */
function trimming(sides: { readonly start: boolean; readonly end: boolean }): QueryFunction {
  return {
    fewest: 1,
    most: 2,
    apply: ([text, characters]) => {
      if (typeof text !== 'string' || (characters !== undefined && typeof characters !== 'string')) {
        return undefined;
      }
      const isCut = (character: string): boolean =>
        characters === undefined ? character.trim() === '' : characters.includes(character);
      let [start, end] = [0, text.length];
      while (sides.start && start < end && isCut(text.charAt(start))) {
        start += 1;
      }
      while (sides.end && end > start && isCut(text.charAt(end - 1))) {
        end -= 1;
      }
      return text.slice(start, end);
    },
  };
}

export const textFunctions: readonly FunctionEntry[] = [
  ['CONCAT', { fewest: 2, most: unbounded, apply: concat }],
  ['CONTAINS', textTest((text, part) => text.includes(part))],
  ['CONTAINS_ALL_CI', partsTest('all', true)],
  ['CONTAINS_ALL_CS', partsTest('all', false)],
  ['CONTAINS_ANY_CI', partsTest('any', true)],
  ['CONTAINS_ANY_CS', partsTest('any', false)],
  ['ENDSWITH', textTest((text, part) => text.endsWith(part))],
  ['INDEX_OF', { fewest: 2, most: 3, apply: indexOf }],
  ['LASTINDEXOF', { fewest: 2, most: 3, apply: lastIndexOf }],
  ['LEFT', fixed(2, ([text, count]) => (isPair(text, count) ? text.slice(0, atLeastZero(count)) : undefined))],
  ['LENGTH', ofText((text) => text.length)],
  ['LOWER', ofText((text) => text.toLowerCase())],
  ['LTRIM', trimming({ start: true, end: false })],
  ['REGEXMATCH', { fewest: 2, most: 3, apply: regexMatch }],
  ['REPLACE', fixed(3, replace)],
  ['REPLICATE', fixed(2, replicate)],
  ['REVERSE', ofText((text) => Array.from(text).toReversed().join(''))],
  [
    'RIGHT',
    fixed(2, ([text, count]) =>
      isPair(text, count) ? text.slice(Math.max(0, text.length - atLeastZero(count))) : undefined,
    ),
  ],
  ['RTRIM', trimming({ start: false, end: true })],
  ['STARTSWITH', textTest((text, part) => text.startsWith(part))],
  ['STRINGEQUALS', textTest((text, part) => text === part)],
  ['STRINGJOIN', fixed(2, join)],
  ['STRINGSPLIT', fixed(2, split)],
  ['SUBSTRING', fixed(3, substring)],
  ['TRIM', trimming({ start: true, end: true })],
  ['UPPER', ofText((text) => text.toUpperCase())],
];

function isPair(text: Value, count: Value): text is string {
  return typeof text === 'string' && typeof count === 'number';
}

function atLeastZero(count: Value): number {
  return typeof count === 'number' ? Math.max(0, Math.trunc(count)) : 0;
}

function concat(args: readonly Value[]): Value {
  return args.every((value) => typeof value === 'string') ? args.join('') : undefined;
}

function indexOf([text, part, start = 0]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof part !== 'string' || typeof start !== 'number') {
    return undefined;
  }
  return text.indexOf(part, start);
}

function lastIndexOf([text, part, start]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof part !== 'string' || (start !== undefined && typeof start !== 'number')) {
    return undefined;
  }
  return text.lastIndexOf(part, start ?? text.length);
}

function regexMatch([text, pattern, modifiers = '']: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof pattern !== 'string' || typeof modifiers !== 'string') {
    return undefined;
  }
  return compileRegularExpression(pattern, modifiers)?.(text);
}

function replace([text, from, to]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof from !== 'string' || typeof to !== 'string') {
    return undefined;
  }
  return from === '' ? text : text.replaceAll(from, () => to);
}

/** learn.microsoft.com/azure/cosmos-db/nosql/query/replicate */
const longestReplica = 10_000;

function replicate([text, times]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof times !== 'number' || !Number.isInteger(times) || times < 0) {
    return undefined;
  }
  return text.length * times > longestReplica ? undefined : text.repeat(times);
}

function join([list, separator]: readonly Value[]): Value {
  return isArray(list) && list.every((item) => typeof item === 'string') && typeof separator === 'string'
    ? list.join(separator)
    : undefined;
}

function split([text, separator]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof separator !== 'string') {
    return undefined;
  }
  return separator === '' ? [text] : text.split(separator);
}

function substring([text, start, length]: readonly Value[]): Value {
  if (typeof text !== 'string' || typeof start !== 'number' || typeof length !== 'number') {
    return undefined;
  }
  const from = Math.max(0, start);
  return text.slice(from, from + Math.max(0, length));
}
