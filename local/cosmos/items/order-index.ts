import { z } from 'zod';
import type { Container } from '../containers/catalog.ts';
import { CosmosError } from '../cosmos-error.ts';
import { pathOf } from '../query/path-of.ts';
import type { Ordering, Query } from '../query/syntax.ts';
import { isVectorDistance } from '../query/vector-distance.ts';

/**
 * The service sorts by an index, and refuses an order that has none (learn.microsoft.com/azure/cosmos-db/index-policy):
 * one key needs its path indexed, which `id` and `_ts` always are; several keys need a composite index of just these
 * paths, in just these directions or in all the others.
 */
export function refuseUnindexedOrder(container: Container, { orderBy }: Query): void {
  if (orderBy.some(({ expression }) => isVectorDistance(expression))) {
    return;
  }
  const keys = orderBy.map((ordering) => readKey(ordering));
  const [first, ...others] = keys;
  if (first !== undefined && others.length === 0 && !isIndexedKey(container, first)) {
    throw new CosmosError('BadRequest', `The ORDER BY path ${first.path} is excluded from the container's index.`);
  }
  if (others.length > 0 && !compositeIndexes(container).some((index) => serves(index, keys))) {
    throw new CosmosError(
      'BadRequest',
      'The order by query does not have a corresponding composite index that it can be served from.',
    );
  }
}

export function isIndexed({ indexedPaths }: Container, path: readonly string[]): boolean {
  if (indexedPaths === undefined) {
    return true;
  }
  const pointer = `/${path.join('/')}`;
  return indexedPaths.some((indexed) => indexed === pointer || indexed === `${pointer}/?` || isBelow(pointer, indexed));
}

function isBelow(pointer: string, indexed: string): boolean {
  return indexed.endsWith('/*') && pointer.startsWith(indexed.slice(0, -1));
}

interface Key {
  /** `/a/b` */
  readonly path: string;
  readonly descending: boolean;
}

function readKey({ expression, descending }: Ordering): Key {
  const path = pathOf(expression);
  if (path === undefined || path.length === 0) {
    throw new CosmosError(
      'BadRequest',
      'Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path.',
    );
  }
  return { path: `/${path.join('/')}`, descending };
}

function isIndexedKey(container: Container, { path }: Key): boolean {
  return path === '/id' || path === '/_ts' || isIndexed(container, path.split('/').slice(1));
}

const compositeSchema = z.array(z.array(z.object({ path: z.string(), order: z.string().default('ascending') })));

function compositeIndexes({ definition }: Container): readonly (readonly Key[])[] {
  const read = compositeSchema.safeParse(definition.indexingPolicy.compositeIndexes ?? []);
  const indexes = read.success ? read.data : [];
  return indexes.map((index) =>
    index.map(({ path, order }) => ({
      path: path.replaceAll('"', '').replace(/\/\?$/u, ''),
      descending: order.toLowerCase() === 'descending',
    })),
  );
}

function serves(index: readonly Key[], keys: readonly Key[]): boolean {
  const turned = index[0]?.descending !== keys[0]?.descending;
  return (
    index.length === keys.length &&
    index.every(
      ({ path, descending }, at) => path === keys[at]?.path && descending === (keys[at]?.descending !== turned),
    )
  );
}
