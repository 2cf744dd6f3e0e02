import { relative } from 'node:path';

/** A path as a user would type it from here. */
export function nearPath(path: string): string {
  const short = relative('', path);
  return short === '' || short.startsWith('..') ? path : short;
}
