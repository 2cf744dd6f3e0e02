import { findFunction } from './functions.ts';
import { nested, parseList, type Parsing } from './parsing.ts';
import { notCarried, QueryError } from './query-error.ts';
import type { AggregateName, Expression, ObjectEntry, SubqueryForm } from './syntax.ts';
import { isReserved } from './token-cursor.ts';
import type { Token } from './tokenize.ts';

/** A literal, a parameter, a call, an array, an object, a name or a parenthesis, with the property access behind it. */
export function parsePrimary(parsing: Parsing): Expression {
  return parseProperties(parsing, parseStart(parsing));
}

/** The `.name` and `[…]` behind an expression. */
export function parseProperties(parsing: Parsing, of: Expression): Expression {
  const { cursor } = parsing;
  const start = cursor.position();
  let expression = of;
  for (;;) {
    if (cursor.takeSymbol('.')) {
      expression = { kind: 'property', of: expression, name: { kind: 'literal', value: cursor.expectName() } };
    } else if (cursor.takeSymbol('[')) {
      const name = parsing.expression();
      cursor.expectSymbol(']');
      expression = { kind: 'property', of: expression, name };
    } else {
      return expression;
    }
    if (cursor.position() - start > 1000) {
      throw notCarried('a path of so many properties');
    }
  }
}

function parseStart(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const token = cursor.peek();
  if (token.kind === 'word') {
    return parseWord(parsing, cursor.next());
  }
  if (token.kind === 'number' || token.kind === 'string') {
    cursor.next();
    return { kind: 'literal', value: token.kind === 'number' ? Number(token.value) : token.value };
  }
  if (token.kind === 'parameter') {
    cursor.next();
    return { kind: 'parameter', name: token.value };
  }
  if (cursor.takeSymbol('(')) {
    return cursor.isKeyword('SELECT') ? parseSubquery(parsing, 'scalar') : parseParenthesis(parsing);
  }
  if (cursor.takeSymbol('[')) {
    return { kind: 'array', items: parseList(parsing, ']') };
  }
  if (cursor.takeSymbol('{')) {
    return { kind: 'object', entries: parseEntries(parsing) };
  }
  throw cursor.unexpected();
}

function parseParenthesis({ cursor, expression }: Parsing): Expression {
  const inner = expression();
  cursor.expectSymbol(')');
  return inner;
}

/** The query behind an opening parenthesis, which has been consumed; the closing one is as well. */
function parseSubquery(parsing: Parsing, form: SubqueryForm): Expression {
  const query = nested(parsing, parsing.query);
  parsing.cursor.expectSymbol(')');
  return { kind: 'subquery', form, query };
}

const constants = new Map<string, Expression>([
  ['true', { kind: 'literal', value: true }],
  ['false', { kind: 'literal', value: false }],
  ['null', { kind: 'literal', value: null }],
  ['undefined', { kind: 'undefined' }],
]);

const subqueryForms = new Map<string, SubqueryForm>([
  ['EXISTS', 'exists'],
  ['ARRAY', 'array'],
]);

function parseWord(parsing: Parsing, token: Token): Expression {
  const { cursor } = parsing;
  const word = token.value;
  if (word.toLowerCase() === 'udf' && cursor.isSymbol('.')) {
    throw notCarried('user defined functions');
  }
  if (cursor.takeSymbol('(')) {
    const form = subqueryForms.get(word.toUpperCase());
    if (form !== undefined) {
      return parseSubquery(parsing, form);
    }
    if (['ALL', 'FIRST', 'LAST'].includes(word.toUpperCase()) && cursor.isKeyword('SELECT')) {
      throw notCarried(`${word.toUpperCase()} over a subquery`);
    }
    return parseCall(parsing, token);
  }
  const constant = constants.get(word.toLowerCase());
  if (constant !== undefined) {
    return constant;
  }
  const { start, end } = token;
  if (isReserved(word)) {
    throw new QueryError('SC1001', `Syntax error, incorrect syntax near '${word}'.`, { start, end });
  }
  return { kind: 'name', name: word, at: { start, end } };
}

const aggregateNames = new Set<string>(['COUNT', 'SUM', 'MIN', 'MAX', 'AVG']);
const leftOutAggregates = new Set(['COUNTIF', 'MAKELIST', 'MAKESET']);

function isAggregate(name: string): name is AggregateName {
  return aggregateNames.has(name);
}

function parseCall(parsing: Parsing, { value: word, start }: Token): Expression {
  const name = word.toUpperCase();
  if (leftOutAggregates.has(name)) {
    throw notCarried(`the aggregate ${name}`);
  }
  const args = parseList(parsing, ')');
  const at = { start, end: parsing.cursor.lastEnd() };
  if (isAggregate(name)) {
    const [argument] = args;
    if (argument === undefined || args.length !== 1) {
      throw new QueryError('SC2050', `The ${name} function requires 1 argument(s).`, at);
    }
    return { kind: 'aggregate', name, argument };
  }
  const known = findFunction(name);
  if (known === undefined) {
    const message = `'${word}' is not a function that the embedded Cosmos DB carries.`;
    throw new QueryError('SC2005', message, { start, end: start + word.length });
  }
  if (args.length < known.fewest || args.length > known.most) {
    const range = known.fewest === known.most ? `${known.fewest}` : `${known.fewest} to ${known.most}`;
    throw new QueryError('SC2050', `The ${name} function requires ${range} argument(s).`, at);
  }
  return { kind: 'call', name, args };
}

function parseEntries({ cursor, expression }: Parsing): readonly ObjectEntry[] {
  const entries: ObjectEntry[] = [];
  if (cursor.takeSymbol('}')) {
    return entries;
  }
  do {
    const token = cursor.peek();
    if (token.kind !== 'string' && token.kind !== 'word') {
      throw cursor.unexpected();
    }
    cursor.next();
    cursor.expectSymbol(':');
    entries.push({ name: token.value, value: expression() });
  } while (cursor.takeSymbol(','));
  cursor.expectSymbol('}');
  return entries;
}
