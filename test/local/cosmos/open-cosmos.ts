import { CosmosClient } from '@azure/cosmos';
import type { Container, CosmosClientOptions, ItemDefinition, PatchRequestBody, RequestOptions } from '@azure/cosmos';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isObject, type JsonObject } from '../../../local/cosmos/json.ts';
import type { ContainerSettings } from '../../../local/cosmos/cosmos-settings.ts';
import { startCosmos, type Cosmos } from '../../../local/cosmos/start-cosmos.ts';

export const key = Buffer.from('a key of the embedded account'.padEnd(64, '.')).toString('base64');

export interface OpenCosmos {
  readonly cosmos: Cosmos;
  readonly client: CosmosClient;
  readonly container: (id: string) => Container;
  readonly items: Container;
}

/** A folder that is gone after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cosmos-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** An SDK client that is disposed of after the test, with the SDK's own retries off. */
export function openClient(t: TestContext, cosmos: Cosmos, options: Partial<CosmosClientOptions> = {}): CosmosClient {
  const client = new CosmosClient({
    endpoint: cosmos.endpoint,
    key,
    connectionPolicy: {
      retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 },
    },
    ...options,
  });
  t.after(() => {
    client.dispose();
  });
  return client;
}

/** A service on a free port with the database `app`; its first container is `items`. Stopped after the test. */
export async function openCosmos(
  t: TestContext,
  containers: readonly ContainerSettings[] = [{ id: 'items', partitionKeyPath: '/id' }],
): Promise<OpenCosmos> {
  const folder = temporaryFolder(t);
  const cosmos = await startCosmos({
    port: 0,
    databasePath: join(folder, 'cosmos.db'),
    key,
    databases: [{ id: 'app', containers }],
  });
  t.after(async () => {
    await cosmos.stop();
  });
  const client = openClient(t, cosmos);
  const container = (id: string): Container => client.database('app').container(id);
  return { cosmos, client, container, items: container(containers[0]?.id ?? 'items') };
}

export interface ReadItem {
  readonly status: number;
  readonly item: JsonObject | undefined;
  readonly etag: string;
  readonly charge: number;
}

/** A point read. The SDK types items as `any`; here they are JSON. */
export async function read(items: Container, id: string, partitionKey: string = id): Promise<ReadItem> {
  return typed(await items.item(id, partitionKey).read<ItemDefinition>());
}

export async function patch(
  items: Container,
  id: string,
  body: PatchRequestBody,
  options: RequestOptions & { readonly partitionKey?: string } = {},
): Promise<ReadItem> {
  return typed(await items.item(id, options.partitionKey ?? id).patch<ItemDefinition>(body, options));
}

function typed(response: {
  readonly statusCode: number;
  readonly resource: unknown;
  readonly etag: string;
  readonly requestCharge: number;
}): ReadItem {
  const { statusCode: status, resource, etag, requestCharge: charge } = response;
  return { status, item: isObject(resource) ? resource : undefined, etag, charge };
}

/** The `code` of an error; undefined for anything else. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
