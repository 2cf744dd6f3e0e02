import { readProperty, type Json, type JsonObject, type Value } from '../json.ts';
import { compileVectorDistance } from './compile-vector-distance.ts';
import { findFunction } from './functions.ts';
import { itemPlace, type Evaluate, type Frame, type Names, type Places } from './frame.ts';
import { compilePattern } from './like-pattern.ts';
import { compileBinary, compileUnary, equality } from './operators.ts';
import { QueryError } from './query-error.ts';
import { isVectorDistance } from './vector-distance.ts';
import type { AggregateName, Expression, Query, SubqueryForm } from './syntax.ts';

/** What an expression is compiled in. */
export interface Compiling {
  readonly names: Names;
  readonly places: Places;
  /** Collects the aggregates; undefined where none is allowed. */
  readonly slots: AggregateSlot[] | undefined;
  /** The values of a subquery, in order, at most as many as are asked for. */
  readonly subquery: (query: Query, names: Names) => (frame: Frame, atMost: number) => readonly Json[];
}

/** An aggregate that was met while compiling; its result is read from its place in the frame. */
export interface AggregateSlot {
  readonly name: AggregateName;
  readonly argument: Evaluate;
  readonly place: number;
}

/** Turns an expression into a closure. Throws `QueryError` for a name that is not known. */
export function compileExpression(expression: Expression, compiling: Compiling): Evaluate {
  const compile = (part: Expression): Evaluate => compileExpression(part, compiling);
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'undefined':
      return () => undefined;
    case 'root':
    case 'name':
      return compileName(expression, compiling, undefined);
    case 'parameter': {
      const { name } = expression;
      return (frame) => frame.surroundings.parameters.get(name);
    }
    case 'property':
      return compileProperty(expression, compiling);
    case 'unary':
      return compileUnary(expression.operator, compile(expression.operand));
    case 'binary':
      return compileBinary(expression.operator, compile(expression.left), compile(expression.right));
    case 'between':
      return compileBetween(compile(expression.value), compile(expression.low), compile(expression.high));
    case 'in':
      return compileIn(compile(expression.value), expression.list.map(compile));
    case 'like':
      return compileLike(compile(expression.value), compile(expression.pattern), expression.escape);
    case 'call':
      return isVectorDistance(expression)
        ? compileVectorDistance(expression.args, compile)
        : compileCall(expression.name, expression.args.map(compile));
    case 'aggregate':
      return compileAggregate(expression.name, expression.argument, compiling);
    case 'array': {
      const items = expression.items.map(compile);
      return (frame) => items.map((item) => item(frame)).filter((item) => item !== undefined);
    }
    case 'object': {
      const entries = expression.entries.map((entry) => [entry.name, compile(entry.value)] as const);
      return (frame) => buildObject(entries, frame);
    }
    case 'conditional': {
      const [condition, then, otherwise] = [expression.condition, expression.whenTrue, expression.whenFalse].map(
        compile,
      );
      return (frame) => (condition?.(frame) === true ? then?.(frame) : otherwise?.(frame));
    }
    case 'subquery':
      return compileSubquery(expression.form, compiling.subquery(expression.query, compiling.names));
  }
}

type NameExpression = Extract<Expression, { kind: 'root' | 'name' }>;

const systemProperties = new Set<Json>(['_rid', '_self', '_etag', '_attachments', '_ts', '_lsn']);

/** `property` is the one that is read of it; undefined where all may be. */
function compileName(expression: NameExpression, { names, places }: Compiling, property: Json | undefined): Evaluate {
  const place = expression.kind === 'root' ? itemPlace : (names.find(expression.name) ?? rootPlace(expression.name));
  if (place === undefined) {
    const { name, at } = expression.kind === 'root' ? { name: 'root', at: undefined } : expression;
    throw new QueryError('SC2001', `Identifier '${name}' could not be resolved.`, at);
  }
  if (place === itemPlace) {
    if (property === undefined || systemProperties.has(property)) {
      places.noteSystemProperties();
    } else {
      places.noteItem();
    }
  }
  return (frame) => frame.values[place];
}

/** The container goes by `root` as well, whatever FROM calls it. */
function rootPlace(name: string): number | undefined {
  return name.toLowerCase() === 'root' ? itemPlace : undefined;
}

function compileProperty({ of, name }: Extract<Expression, { kind: 'property' }>, compiling: Compiling): Evaluate {
  if (name.kind === 'literal') {
    const { value } = name;
    const parent =
      of.kind === 'name' || of.kind === 'root' ? compileName(of, compiling, value) : compileExpression(of, compiling);
    return (frame) => readProperty(parent(frame), value);
  }
  const parent = compileExpression(of, compiling);
  const evaluate = compileExpression(name, compiling);
  return (frame) => readProperty(parent(frame), evaluate(frame));
}

/** Both bounds, joined as AND joins them. */
function compileBetween(value: Evaluate, low: Evaluate, high: Evaluate): Evaluate {
  return compileBinary('AND', compileBinary('>=', value, low), compileBinary('<=', value, high));
}

function compileIn(value: Evaluate, list: readonly Evaluate[]): Evaluate {
  return (frame) => {
    const subject = value(frame);
    if (subject === undefined) {
      return undefined;
    }
    return list.some((item) => equality(subject, item(frame)) === true);
  };
}

/** The pattern is read once, as long as it stays the same. */
function compileLike(value: Evaluate, pattern: Evaluate, escape: string | undefined): Evaluate {
  let known = { pattern: '', matches: compilePattern('', escape) };
  return (frame) => {
    const [text, asked] = [value(frame), pattern(frame)];
    if (typeof text !== 'string' || typeof asked !== 'string') {
      return undefined;
    }
    if (asked !== known.pattern) {
      known = { pattern: asked, matches: compilePattern(asked, escape) };
    }
    return known.matches(text);
  };
}

function compileCall(name: string, args: readonly Evaluate[]): Evaluate {
  const known = findFunction(name);
  if (known === undefined) {
    throw new QueryError('SC2005', `'${name}' is not a function that the embedded Cosmos DB carries.`);
  }
  return (frame) =>
    known.apply(
      args.map((argument) => argument(frame)),
      frame.surroundings.nowMs,
    );
}

function compileAggregate(name: AggregateName, argument: Expression, compiling: Compiling): Evaluate {
  const { slots, places } = compiling;
  if (slots === undefined) {
    throw new QueryError('SC2102', `The aggregate ${name} is not allowed here.`);
  }
  const place = places.take();
  slots.push({ name, argument: compileExpression(argument, { ...compiling, slots: undefined }), place });
  return (frame) => frame.values[place];
}

/** An object of the values that are defined, in the order of the entries. */
export function buildObject(entries: readonly (readonly [string, Evaluate])[], frame: Frame): JsonObject {
  const pairs: [string, Json][] = [];
  for (const [name, evaluate] of entries) {
    const value = evaluate(frame);
    if (value !== undefined) {
      pairs.push([name, value]);
    }
  }
  return Object.fromEntries(pairs);
}

function compileSubquery(form: SubqueryForm, run: (frame: Frame, atMost: number) => readonly Json[]): Evaluate {
  switch (form) {
    case 'exists':
      return (frame) => run(frame, 1).length > 0;
    case 'array':
      return (frame) => run(frame, Number.MAX_SAFE_INTEGER);
    case 'scalar':
      return (frame) => onlyValue(run(frame, 2));
  }
}

function onlyValue(values: readonly Json[]): Value {
  if (values.length > 1) {
    throw new QueryError('SC2305', 'The cardinality of a scalar subquery result set cannot be greater than one.');
  }
  return values[0];
}
