import { findFunction } from './functions.ts';
import { parseList, type Parsing } from './parsing.ts';
import { notCarried, QueryError } from './query-error.ts';
import type { AggregateName, Expression, ObjectEntry } from './syntax.ts';

/** A literal, a parameter, a call, an array, an object, the item or a parenthesis, with the property access behind it. */
export function parsePrimary(parsing: Parsing): Expression {
  const { cursor } = parsing;
  let expression = parseStart(parsing);
  for (;;) {
    if (cursor.takeSymbol('.')) {
      const token = cursor.next();
      if (token.kind !== 'word') {
        throw new QueryError('SC1001', `Syntax error, a property name is missing after '.' (at ${token.start}).`);
      }
      expression = { kind: 'property', of: expression, name: { kind: 'literal', value: token.value } };
    } else if (cursor.takeSymbol('[')) {
      const name = parsing.expression();
      cursor.expectSymbol(']');
      expression = { kind: 'property', of: expression, name };
    } else {
      return expression;
    }
  }
}

function parseStart(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const token = cursor.peek();
  if (token.kind === 'word') {
    return parseWord(parsing);
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
    if (cursor.isKeyword('SELECT')) {
      throw notCarried('subqueries');
    }
    const inner = parsing.expression();
    cursor.expectSymbol(')');
    return inner;
  }
  if (cursor.takeSymbol('[')) {
    return { kind: 'array', items: parseList(parsing, ']') };
  }
  if (cursor.takeSymbol('{')) {
    return { kind: 'object', entries: parseEntries(parsing) };
  }
  throw cursor.unexpected();
}

const constants = new Map<string, Expression>([
  ['true', { kind: 'literal', value: true }],
  ['false', { kind: 'literal', value: false }],
  ['null', { kind: 'literal', value: null }],
  ['undefined', { kind: 'undefined' }],
]);

const subqueryWords = new Set(['EXISTS', 'ARRAY', 'ALL', 'FIRST', 'LAST']);

function parseWord(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const word = cursor.next().value;
  if (cursor.isSymbol('(') && word !== parsing.alias) {
    if (subqueryWords.has(word.toUpperCase())) {
      throw notCarried(`${word.toUpperCase()} and subqueries`);
    }
    cursor.expectSymbol('(');
    return parseCall(parsing, word);
  }
  if (word === parsing.alias) {
    return { kind: 'item' };
  }
  const constant = constants.get(word.toLowerCase());
  if (constant !== undefined) {
    return constant;
  }
  if (word.toLowerCase() === 'udf') {
    throw notCarried('user defined functions');
  }
  throw new QueryError('SC2001', `Identifier '${word}' could not be resolved.`);
}

const aggregateNames = new Set<string>(['COUNT', 'SUM', 'MIN', 'MAX', 'AVG']);

function isAggregate(name: string): name is AggregateName {
  return aggregateNames.has(name);
}

function parseCall(parsing: Parsing, word: string): Expression {
  const name = word.toUpperCase();
  const args = parseList(parsing, ')');
  if (isAggregate(name)) {
    const [argument] = args;
    if (argument === undefined || args.length !== 1) {
      throw new QueryError('SC2050', `The ${name} function requires 1 argument(s).`);
    }
    return { kind: 'aggregate', name, argument };
  }
  const known = findFunction(name);
  if (known === undefined) {
    throw new QueryError('SC2005', `'${word}' is not a function that the embedded Cosmos DB carries.`);
  }
  if (args.length < known.fewest || args.length > known.most) {
    const range = known.fewest === known.most ? `${known.fewest}` : `${known.fewest} to ${known.most}`;
    throw new QueryError('SC2050', `The ${name} function requires ${range} argument(s).`);
  }
  return { kind: 'call', name, args };
}

function parseEntries({ cursor, expression }: Parsing): readonly ObjectEntry[] {
  const entries: ObjectEntry[] = [];
  if (cursor.takeSymbol('}')) {
    return entries;
  }
  do {
    const token = cursor.next();
    if (token.kind !== 'string' && token.kind !== 'word') {
      throw new QueryError('SC1001', `Syntax error, a property name is missing (at ${token.start}).`);
    }
    cursor.expectSymbol(':');
    entries.push({ name: token.value, value: expression() });
  } while (cursor.takeSymbol(','));
  cursor.expectSymbol('}');
  return entries;
}
