import { QueryError } from './query-error.ts';

/** `value` is the text of a word, a parameter (with its `@`) or a symbol, and the contents of a string. */
export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'parameter' | 'symbol' | 'end';
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const patterns = [
  { kind: 'blank', pattern: /(?:\s+|--[^\n]*)+/uy },
  { kind: 'number', pattern: /0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/uy },
  { kind: 'word', pattern: /[\p{L}_][\p{L}\p{N}_]*/uy },
  { kind: 'parameter', pattern: /@[\p{L}_][\p{L}\p{N}_]*/uy },
  { kind: 'string', pattern: /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/suy },
  { kind: 'symbol', pattern: /<=|>=|!=|<>|\|\||\?\?|<<|>>>|>>|[-=<>+*/%()[\]{},.:?&|^~]/uy },
] as const;

/** learn.microsoft.com/azure/cosmos-db/concepts-limits; the code and the text are the service's. */
const mostCharacters = 512 * 1024;

/** Cuts a query into tokens; the last one has the kind `end`. Comments (`--`) and white space are dropped. */
export function tokenize(text: string): readonly Token[] {
  if (text.length > mostCharacters) {
    const message = `The SQL query text exceeded the maximum limit of ${mostCharacters} characters.`;
    throw new QueryError('SC3020', message, { start: 0, end: text.length });
  }
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    const next = matchAt(text, position);
    if (next === undefined) {
      const invalid = text.slice(position, position + 1);
      const at = { start: position, end: position + 1 };
      throw new QueryError('SC1010', `Syntax error, invalid token '${invalid}'.`, at);
    }
    if (next.kind !== 'blank') {
      const value = next.kind === 'string' ? unescape(next.text) : next.text;
      tokens.push({ kind: next.kind, value, start: position, end: position + next.text.length });
    }
    position += next.text.length;
  }
  tokens.push({ kind: 'end', value: '', start: position, end: position });
  return tokens;
}

function matchAt(text: string, position: number) {
  for (const { kind, pattern } of patterns) {
    pattern.lastIndex = position;
    const found = pattern.exec(text);
    if (found !== null) {
      return { kind, text: found[0] };
    }
  }
  return undefined;
}

const escapes = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** The escapes of JSON strings, and `\'`. */
function unescape(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gsu, (_all, unit?: string, character?: string) => {
    if (unit !== undefined) {
      return String.fromCharCode(Number.parseInt(unit, 16));
    }
    return escapes.get(character ?? '') ?? character ?? '';
  });
}
