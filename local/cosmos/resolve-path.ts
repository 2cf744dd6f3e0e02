import type { Catalog, Container, Database } from './containers/catalog.ts';
import { databaseRid, rowOfItemRid } from './containers/resource-id.ts';
import { signedResource } from './containers/resource-path.ts';

/** The segments of a path with names in the place of resource ids, and what its signature is about. */
export interface ResolvedPath {
  readonly segments: readonly string[];
  readonly signed: { readonly type: string; readonly link: string };
}

/**
 * Resources may be named by their ids (`_rid`, as in `_self`) as well; a signature is then about the last resource id
 * alone, in lower case (learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources). What is neither
 * name nor id is left for what comes after to miss.
 */
export function resolvePath(catalog: Catalog, segments: readonly string[]): ResolvedPath {
  const [kind, database] = segments;
  const byName = { segments, signed: signedResource(segments) };
  if (kind !== 'dbs' || database === undefined || catalog.hasDatabase(database)) {
    return byName;
  }
  const found = catalog.databases().find(({ number }) => databaseRid(number) === database);
  if (found === undefined) {
    return byName;
  }
  const lastRid = segments.findLast((_, index) => index % 2 === 1) ?? '';
  return {
    segments: namesOf(found, segments),
    signed: { type: byName.signed.type, link: lastRid.toLowerCase() },
  };
}

function namesOf(database: Database, segments: readonly string[]): readonly string[] {
  const container = [...database.containers.values()].find(({ rid }) => rid === segments[3]);
  return segments.map((segment, index) => {
    switch (index) {
      case 1:
        return database.id;
      case 3:
        return container?.id ?? segment;
      case 5:
        return container === undefined ? segment : itemName(container, segment);
      default:
        return segment;
    }
  });
}

function itemName(container: Container, rid: string): string {
  const { databaseNumber, number } = container;
  const rowId = rowOfItemRid(rid, { database: databaseNumber, container: number });
  return (rowId === undefined ? undefined : container.items.nameOf(rowId)) ?? rid;
}
