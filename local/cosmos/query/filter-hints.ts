import type { Json } from '../json.ts';
import type { Expression } from './syntax.ts';

type Constant = string | number | boolean | null;

/**
 * A condition that any store can test before the query does: the path has one of the values, or lies within bounds,
 * which belong to the range whatever the query says.
 */
export type FilterHint =
  | { readonly kind: 'values'; readonly path: readonly string[]; readonly values: readonly Constant[] }
  | {
      readonly kind: 'bound';
      readonly path: readonly string[];
      readonly operator: '>=' | '<=';
      readonly bound: string | number;
    };

type Parameters = ReadonlyMap<string, Json>;

/**
 * Equalities (also IN) and ranges between a path and constants that every result must meet. They narrow, they do not
 * decide: the whole condition is evaluated on what is left. Left out is what another engine might compare differently.
 */
export function filterHints(where: Expression | undefined, parameters: Parameters): readonly FilterHint[] {
  if (where?.kind === 'binary') {
    return binaryHints(where, parameters);
  }
  if (where?.kind === 'in') {
    return valuesHint(where.value, where.list, parameters);
  }
  if (where?.kind === 'between') {
    return [
      ...boundHint(where.value, { operator: '>=', bound: where.low }, parameters),
      ...boundHint(where.value, { operator: '<=', bound: where.high }, parameters),
    ];
  }
  return [];
}

function binaryHints(
  { operator, left, right }: Extract<Expression, { kind: 'binary' }>,
  parameters: Parameters,
): readonly FilterHint[] {
  if (operator === 'AND') {
    return [...filterHints(left, parameters), ...filterHints(right, parameters)];
  }
  if (operator === '=') {
    return [...valuesHint(left, [right], parameters), ...valuesHint(right, [left], parameters)];
  }
  if (operator === '<' || operator === '<=') {
    return [
      ...boundHint(left, { operator: '<=', bound: right }, parameters),
      ...boundHint(right, { operator: '>=', bound: left }, parameters),
    ];
  }
  if (operator === '>' || operator === '>=') {
    return [
      ...boundHint(left, { operator: '>=', bound: right }, parameters),
      ...boundHint(right, { operator: '<=', bound: left }, parameters),
    ];
  }
  return [];
}

function valuesHint(
  subject: Expression,
  candidates: readonly Expression[],
  parameters: Parameters,
): readonly FilterHint[] {
  const path = pathOf(subject);
  const values = candidates.map((candidate) => constantOf(candidate, parameters));
  return path !== undefined && path.length > 0 && values.every(isSafe) ? [{ kind: 'values', path, values }] : [];
}

function boundHint(
  subject: Expression,
  { operator, bound }: { readonly operator: '>=' | '<='; readonly bound: Expression },
  parameters: Parameters,
): readonly FilterHint[] {
  const path = pathOf(subject);
  const value = constantOf(bound, parameters);
  return path !== undefined && path.length > 0 && isSafeBound(value)
    ? [{ kind: 'bound', path, operator, bound: value }]
    : [];
}

/** The names from the item down; undefined for anything that is not a plain path of properties. */
export function pathOf(expression: Expression): readonly string[] | undefined {
  if (expression.kind === 'item') {
    return [];
  }
  if (expression.kind !== 'property' || expression.name.kind !== 'literal') {
    return undefined;
  }
  const parent = pathOf(expression.of);
  const name = expression.name.value;
  return parent === undefined || typeof name !== 'string' ? undefined : [...parent, name];
}

function constantOf(expression: Expression, parameters: Parameters): Json | undefined {
  if (expression.kind === 'literal') {
    return expression.value;
  }
  return expression.kind === 'parameter' ? parameters.get(expression.name) : undefined;
}

function isSafe(value: Json | undefined): value is Constant {
  if (typeof value === 'string') {
    return value.isWellFormed() && !value.includes('\0');
  }
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isSafeInteger(value));
}

/** The order of text by UTF-8 and by UTF-16 is the same around text of plain ASCII. */
function isSafeBound(value: Json | undefined): value is string | number {
  return typeof value === 'string' ? /^[ -~]*$/u.test(value) : typeof value === 'number' && isSafe(value);
}
