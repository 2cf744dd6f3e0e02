import { CosmosError, notCarriedError } from '../cosmos-error.ts';

/** What a request path names (learn.microsoft.com/rest/api/cosmos-db/cosmosdb-resource-uri-syntax-for-rest). */
export type Resource =
  | { readonly kind: 'account' }
  | { readonly kind: 'offers' }
  | { readonly kind: 'offer'; readonly offer: string }
  | { readonly kind: 'databases' }
  | { readonly kind: 'database'; readonly database: string }
  | { readonly kind: 'containers'; readonly database: string }
  | { readonly kind: 'container'; readonly database: string; readonly container: string }
  | { readonly kind: 'partition key ranges'; readonly database: string; readonly container: string }
  | { readonly kind: 'items'; readonly database: string; readonly container: string }
  | { readonly kind: 'item'; readonly database: string; readonly container: string; readonly item: string };

/** The decoded segments of a path. Throws `CosmosError` (400) for escapes that do not decode. */
export function pathSegments(path: string): readonly string[] {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map((segment) => decodeURIComponent(segment));
  } catch (cause) {
    throw new CosmosError('BadRequest', 'Request url is invalid.', { cause });
  }
}

/**
 * What a key signature is about: the last type in the path, and the link of the resource, or of its parent for a feed
 * (learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources). Offers are named by their id alone, what is done to a whole partition key by its container.
 */
export function signedResource(segments: readonly string[]): { readonly type: string; readonly link: string } {
  if (segments[0] === 'offers') {
    return { type: 'offers', link: (segments[1] ?? '').toLowerCase() };
  }
  if (segments[4] === 'operations') {
    return { type: 'colls', link: segments.slice(0, 4).join('/') };
  }
  const isFeed = segments.length % 2 === 1;
  const type = segments[segments.length - (isFeed ? 1 : 2)] ?? '';
  return { type, link: (isFeed ? segments.slice(0, -1) : segments).join('/') };
}

const leftOut = new Map([
  ['sprocs', 'stored procedures'],
  ['triggers', 'triggers'],
  ['udfs', 'user defined functions'],
  ['users', 'users and permissions'],
  ['conflicts', 'the conflict feed'],
  ['clientencryptionkeys', 'client encryption'],
  ['permissions', 'users and permissions'],
  ['operations', 'operations on a whole partition key'],
]);

/** Throws `CosmosError` (400) for a path that names nothing, or something that is not carried. */
export function parseResource(segments: readonly string[]): Resource {
  const [databases, database, containers, container, items, item, ...rest] = segments;
  for (const type of [databases, containers, items]) {
    const feature = leftOut.get(type ?? '');
    if (feature !== undefined) {
      throw notCarriedError(feature);
    }
  }
  if (databases === undefined) {
    return { kind: 'account' };
  }
  if (databases === 'offers' && containers === undefined) {
    return database === undefined ? { kind: 'offers' } : { kind: 'offer', offer: database };
  }
  if (databases === 'dbs' && rest.length === 0) {
    if (database === undefined) {
      return { kind: 'databases' };
    }
    if (containers === undefined) {
      return { kind: 'database', database };
    }
    if (containers === 'colls') {
      return parseInContainer({ database, container, items, item });
    }
  }
  throw new CosmosError('BadRequest', 'Request url is invalid.');
}

function parseInContainer(parts: {
  readonly database: string;
  readonly container: string | undefined;
  readonly items: string | undefined;
  readonly item: string | undefined;
}): Resource {
  const { database, container, items, item } = parts;
  if (container === undefined) {
    return { kind: 'containers', database };
  }
  if (items === undefined) {
    return { kind: 'container', database, container };
  }
  if (items === 'pkranges' && item === undefined) {
    return { kind: 'partition key ranges', database, container };
  }
  if (items === 'docs') {
    return item === undefined ? { kind: 'items', database, container } : { kind: 'item', database, container, item };
  }
  throw new CosmosError('BadRequest', 'Request url is invalid.');
}
