import type { Expression } from './syntax.ts';

/**
 * The names of a path from the value of FROM's name down; undefined for anything that is not a plain path of
 * properties. Whose name it starts with is not looked at.
 */
export function pathOf(expression: Expression): readonly string[] | undefined {
  const names: string[] = [];
  let part = expression;
  while (part.kind === 'property') {
    if (part.name.kind !== 'literal' || typeof part.name.value !== 'string') {
      return undefined;
    }
    names.unshift(part.name.value);
    part = part.of;
  }
  return part.kind === 'name' || part.kind === 'root' ? names : undefined;
}

/** The same, for paths of the item alone: `alias` is the name that FROM gives it. */
export function itemPathOf(expression: Expression, alias: string | undefined): readonly string[] | undefined {
  let part = expression;
  while (part.kind === 'property') {
    part = part.of;
  }
  return part.kind === 'root' || (part.kind === 'name' && part.name === alias) ? pathOf(expression) : undefined;
}
