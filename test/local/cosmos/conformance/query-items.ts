import type { Container, ContainerRequest, FeedOptions, JSONValue, SqlQuerySpec } from '@azure/cosmos';
import { randomUUID } from 'node:crypto';
import { fileDatabase } from './endpoint.ts';

interface Item {
  readonly id: string;
  readonly [name: string]: unknown;
}

/** A container with items that all tests of a file only read; made with the first test, gone with the file's database. */
export function sharedItems(
  items: readonly Item[],
  settings: Partial<ContainerRequest> = {},
): () => Promise<Container> {
  let opened: Promise<Container> | undefined;
  return async () => {
    opened ??= fill(items, settings);
    return opened;
  };
}

async function fill(items: readonly Item[], settings: Partial<ContainerRequest>): Promise<Container> {
  const database = await fileDatabase();
  const { container } = await database.containers.create({
    id: `items-${randomUUID()}`,
    partitionKey: { paths: ['/id'] },
    ...settings,
  });
  await Promise.all(items.map(async (item) => container.items.create(item)));
  return container;
}

/** All that a query answers. */
export async function answersOf(
  items: Container,
  query: string | SqlQuerySpec,
  options: FeedOptions = {},
): Promise<readonly JSONValue[]> {
  const { resources } = await items.items.query<JSONValue>(query, options).fetchAll();
  return resources;
}

/** The answers page by page, each page asked for with the continuation of the one before it. */
export async function pagesOf(
  items: Container,
  query: string | SqlQuerySpec,
  options: FeedOptions,
): Promise<readonly (readonly JSONValue[])[]> {
  const pages: (readonly JSONValue[])[] = [];
  let continuationToken: string | undefined;
  do {
    const asked = { ...options, ...(continuationToken === undefined ? {} : { continuationToken }) };
    const page = await items.items.query<JSONValue>(query, asked).fetchNext();
    pages.push(page.resources);
    ({ continuationToken } = page);
  } while (continuationToken !== undefined && continuationToken !== '');
  return pages;
}

/** For answers that come in no order. */
export function inAnyOrder(answers: readonly JSONValue[]): readonly JSONValue[] {
  return answers.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
}
