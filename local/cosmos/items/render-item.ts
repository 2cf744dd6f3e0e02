import type { Container } from '../containers/catalog.ts';
import type { StoredItem } from './item-store.ts';
import { databaseRid, itemRid } from '../containers/resource-id.ts';

/** The item as the wire shows it: its own JSON with the system properties behind. An item is never empty: it has an id. */
export function renderItem(
  container: Container,
  { rowId, body, etag, modifiedMs }: Pick<StoredItem, 'rowId' | 'body' | 'etag' | 'modifiedMs'>,
): string {
  const rid = itemRid(container.databaseNumber, container.number, rowId);
  const self = `dbs/${databaseRidOf(container)}/colls/${container.rid}/docs/${rid}/`;
  const seconds = Math.floor(modifiedMs / 1000);
  return `${body.slice(0, -1)},"_rid":"${rid}","_self":"${self}","_etag":${JSON.stringify(etag)},"_attachments":"attachments/","_ts":${seconds}}`;
}

const databaseRids = new WeakMap<Container, string>();

function databaseRidOf(container: Container): string {
  const known = databaseRids.get(container) ?? databaseRid(container.databaseNumber);
  databaseRids.set(container, known);
  return known;
}
