import type { Json } from '../json.ts';
import { itemPathOf } from './path-of.ts';
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

interface Subject {
  readonly parameters: ReadonlyMap<string, Json>;
  /** The name of the item; undefined where it has none. */
  readonly alias: string | undefined;
}

/**
 * Equalities (also IN) and ranges between a path and constants that every result must meet. They narrow, they do not
 * decide: the whole condition is evaluated on what is left. Left out is what another engine might compare differently.
 */
export function filterHints(where: Expression | undefined, of: Subject): readonly FilterHint[] {
  if (where?.kind === 'binary') {
    return binaryHints(where, of);
  }
  if (where?.kind === 'in') {
    return valuesHint(where.value, where.list, of);
  }
  if (where?.kind === 'between') {
    return [
      ...boundHint(where.value, { operator: '>=', bound: where.low }, of),
      ...boundHint(where.value, { operator: '<=', bound: where.high }, of),
    ];
  }
  return [];
}

function binaryHints(
  { operator, left, right }: Extract<Expression, { kind: 'binary' }>,
  of: Subject,
): readonly FilterHint[] {
  if (operator === 'AND') {
    return [...filterHints(left, of), ...filterHints(right, of)];
  }
  if (operator === '=') {
    return [...valuesHint(left, [right], of), ...valuesHint(right, [left], of)];
  }
  if (operator === '<' || operator === '<=') {
    return [
      ...boundHint(left, { operator: '<=', bound: right }, of),
      ...boundHint(right, { operator: '>=', bound: left }, of),
    ];
  }
  if (operator === '>' || operator === '>=') {
    return [
      ...boundHint(left, { operator: '>=', bound: right }, of),
      ...boundHint(right, { operator: '<=', bound: left }, of),
    ];
  }
  return [];
}

function valuesHint(subject: Expression, candidates: readonly Expression[], of: Subject): readonly FilterHint[] {
  const path = itemPathOf(subject, of.alias);
  const values = candidates.map((candidate) => constantOf(candidate, of));
  return path !== undefined && path.length > 0 && values.every(isSafe) ? [{ kind: 'values', path, values }] : [];
}

function boundHint(
  subject: Expression,
  { operator, bound }: { readonly operator: '>=' | '<='; readonly bound: Expression },
  of: Subject,
): readonly FilterHint[] {
  const path = itemPathOf(subject, of.alias);
  const value = constantOf(bound, of);
  return path !== undefined && path.length > 0 && isSafeBound(value)
    ? [{ kind: 'bound', path, operator, bound: value }]
    : [];
}

function constantOf(expression: Expression, of: Subject): Json | undefined {
  if (expression.kind === 'literal') {
    return expression.value;
  }
  return expression.kind === 'parameter' ? of.parameters.get(expression.name) : undefined;
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
