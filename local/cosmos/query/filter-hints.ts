import type { Json } from '../json.ts';
import type { Expression } from './syntax.ts';

/** The values that a path must have one of: a condition that any store can test before the query does. */
export interface FilterHint {
  readonly path: readonly string[];
  readonly values: readonly (string | number | boolean | null)[];
}

/**
 * Equalities (and IN) between a path and constants that every result must meet. They narrow, they do not decide: the
 * whole condition is evaluated on what is left. Left out is what another engine might compare differently.
 */
export function filterHints(
  where: Expression | undefined,
  parameters: ReadonlyMap<string, Json>,
): readonly FilterHint[] {
  if (where === undefined) {
    return [];
  }
  if (where.kind === 'binary' && where.operator === 'AND') {
    return [...filterHints(where.left, parameters), ...filterHints(where.right, parameters)];
  }
  if (where.kind === 'binary' && where.operator === '=') {
    return hint(where.left, [where.right], parameters) ?? hint(where.right, [where.left], parameters) ?? [];
  }
  return where.kind === 'in' ? (hint(where.value, where.list, parameters) ?? []) : [];
}

function hint(
  subject: Expression,
  candidates: readonly Expression[],
  parameters: ReadonlyMap<string, Json>,
): readonly FilterHint[] | undefined {
  const path = pathOf(subject);
  if (path === undefined || path.length === 0) {
    return undefined;
  }
  const values: FilterHint['values'][number][] = [];
  for (const candidate of candidates) {
    const value = constantOf(candidate, parameters);
    if (!isSafe(value)) {
      return undefined;
    }
    values.push(value);
  }
  return [{ path, values }];
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

function constantOf(expression: Expression, parameters: ReadonlyMap<string, Json>): Json | undefined {
  if (expression.kind === 'literal') {
    return expression.value;
  }
  return expression.kind === 'parameter' ? parameters.get(expression.name) : undefined;
}

function isSafe(value: Json | undefined): value is FilterHint['values'][number] {
  if (typeof value === 'string') {
    return value.isWellFormed() && !value.includes('\0');
  }
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isSafeInteger(value));
}
