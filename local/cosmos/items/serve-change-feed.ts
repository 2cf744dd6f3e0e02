import type { Container } from '../containers/catalog.ts';
import { CosmosError, notCarriedError } from '../cosmos-error.ts';
import { isInRange, type EffectiveRange } from '../containers/effective-partition-key.ts';
import type { StoredItem } from './item-store.ts';
import { readPageSize } from '../page-size.ts';
import { readPartitionScope } from '../containers/partition-key.ts';
import { renderItem } from './render-item.ts';
import { leastCharge, queryCharge } from '../containers/request-charge.ts';
import type { Answer, CosmosRequest, Service } from '../service.ts';

/**
 * The change feed in the mode "latest version" (learn.microsoft.com/azure/cosmos-db/change-feed-modes): each item once,
 * as it is now, in the order of the last writes; deletions are not in it. The number of the last write that was seen is
 * the continuation: it goes out as the ETag, also of a 304, and comes back as If-None-Match.
 */
export function serveChangeFeed(service: Service, container: Container, request: CosmosRequest): Answer {
  const mode = request.header('a-im')?.toLowerCase();
  if (mode !== 'incremental feed') {
    throw notCarriedError(`the change feed in the mode '${mode}' (all versions and deletes)`);
  }
  const start = readStart(container, request);
  const page = takePage(changesOf({ service, container, request }, start), {
    size: readPageSize(request.header('x-ms-max-item-count')),
    emptyLsn: Math.max(start.behindLsn, container.writes.last()),
  });
  const headers = { etag: `"${page.lsn}"` };
  if (page.items.length === 0) {
    return { status: 304, headers, charge: leastCharge };
  }
  const texts = page.items.map((item) => `${renderItem(container, item).slice(0, -1)},"_lsn":${item.lsn}}`);
  const body = `{"_rid":"${container.rid}","Documents":[${texts.join(',')}],"_count":${texts.length}}`;
  const load = { items: texts.length, scanned: texts.length, bytes: body.length };
  return {
    status: 200,
    body,
    headers: { ...headers, 'x-ms-item-count': String(texts.length) },
    charge: queryCharge(load),
  };
}

interface Start {
  readonly behindLsn: number;
  readonly sinceMs: number;
}

/** `If-None-Match: *` starts from now, a continuation behind it; else `If-Modified-Since` tells the time, or nothing. */
function readStart(container: Container, { header }: CosmosRequest): Start {
  const since = header('if-modified-since');
  const sinceMs = since === undefined ? 0 : Date.parse(since);
  if (Number.isNaN(sinceMs)) {
    throw new CosmosError('BadRequest', `The value '${since}' of If-Modified-Since is no date.`);
  }
  const seen = header('if-none-match');
  if (seen === '*') {
    return { behindLsn: container.writes.last(), sinceMs };
  }
  const lsn = seen === undefined ? '0' : /^"?(?<lsn>\d+)"?$/u.exec(seen)?.groups?.['lsn'];
  if (lsn === undefined) {
    throw new CosmosError('BadRequest', 'Invalid Continuation Token: If-None-Match is no ETag of the change feed.');
  }
  return { behindLsn: Number(lsn), sinceMs };
}

function* changesOf(
  read: { readonly service: Service; readonly container: Container; readonly request: CosmosRequest },
  start: Start,
): Iterable<StoredItem> {
  const { container, request, service } = read;
  const partition = readPartitionScope(
    request.header('x-ms-documentdb-partitionkey'),
    container.partitionKeyPaths.length,
  );
  const range = readRange(container, request);
  for (const item of container.items.changes({ ...start, partition, nowMs: service.now() })) {
    if (range === undefined || isInRange(item.partitionKey, range)) {
      yield item;
    }
  }
}

/** Clients name the keys below a prefix as a range of hashes. */
function readRange({ definition }: Container, { header }: CosmosRequest): EffectiveRange | undefined {
  const [start, end] = [header('x-ms-start-epk'), header('x-ms-end-epk')];
  if (start === undefined || end === undefined || (start === '' && end === 'FF')) {
    return undefined;
  }
  if (definition.partitionKey.version !== 2) {
    throw notCarriedError('ranges of effective partition keys of version 1');
  }
  return { start, end };
}

/** The service answers at most 4 MB a page (learn.microsoft.com/azure/cosmos-db/concepts-limits). */
const pageCharacters = 4 * 1024 * 1024;

function takePage(
  changes: Iterable<StoredItem>,
  { size, emptyLsn }: { readonly size: number; readonly emptyLsn: number },
): { readonly items: readonly StoredItem[]; readonly lsn: number } {
  const items: StoredItem[] = [];
  let characters = 0;
  for (const item of changes) {
    items.push(item);
    characters += item.body.length;
    if (items.length >= size || characters >= pageCharacters) {
      break;
    }
  }
  return { items, lsn: items.at(-1)?.lsn ?? emptyLsn };
}
