import type { SQLOutputValue } from 'node:sqlite';

/** A column that holds a whole number. Throws `TypeError` for anything else. */
export function integer(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') {
    throw new TypeError('A column that holds a whole number held something else.');
  }
  return value;
}

/** A column that holds text. Throws `TypeError` for anything else. */
export function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') {
    throw new TypeError('A column that holds text held something else.');
  }
  return value;
}
