import { CosmosClient } from '@azure/cosmos';
import type { Container, ContainerRequest, CosmosClientOptions, Database } from '@azure/cosmos';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { startCosmos, type Cosmos } from '../../../../local/cosmos/start-cosmos.ts';

/**
 * The account that the suite runs against: the one whose connection string is in `SLUICE_CONFORMANCE_COSMOS`
 * (`AccountEndpoint=…;AccountKey=…;`), else an embedded one of the test file's own, on a free port. Databases and
 * containers are made by the tests, under names of their own, and removed when they are over.
 */
export interface Account {
  readonly endpoint: string;
  readonly key: string;
}

const given = process.env['SLUICE_CONFORMANCE_COSMOS'] ?? '';

/** True when the suite runs against an account that is not the embedded one. */
const isForeignAccount = given !== '';

/** A reason to skip a test that a hosted account shows slowly or at a cost; false on the embedded one. */
export function skipOnForeignAccount(reason: string): string | false {
  return isForeignAccount && reason;
}

let embedded: Promise<Cosmos> | undefined;
let folder: string | undefined;
let database: Promise<Database> | undefined;
let client: CosmosClient | undefined;

after(async () => {
  await (await database)?.delete();
  client?.dispose();
  await (await embedded)?.stop();
  if (folder !== undefined) {
    rmSync(folder, { recursive: true, force: true });
  }
});

export async function account(): Promise<Account> {
  if (isForeignAccount) {
    return readConnectionString(given);
  }
  embedded ??= startEmbedded();
  return readConnectionString((await embedded).connectionString);
}

/** A client of the test's own, with what it asks for; disposed of after the test. */
export async function openClient(t: TestContext, options: Partial<CosmosClientOptions> = {}): Promise<CosmosClient> {
  const opened = new CosmosClient({ ...(await account()), ...options });
  t.after(() => {
    opened.dispose();
  });
  return opened;
}

/** The database of the test file, made with the first test that needs it. */
export async function fileDatabase(): Promise<Database> {
  database ??= createDatabase();
  return database;
}

/** A container of the test's own, by default with the partition key `/id`; removed after the test. */
export async function openContainer(t: TestContext, settings: Partial<ContainerRequest> = {}): Promise<Container> {
  const parent = await fileDatabase();
  const { container } = await parent.containers.create({
    id: `items-${randomUUID()}`,
    partitionKey: { paths: ['/id'] },
    ...settings,
  });
  t.after(async () => {
    await container.delete();
  });
  return container;
}

/** The same container by way of another client. */
export function containerOf(other: CosmosClient, container: Container): Container {
  return other.database(container.database.id).container(container.id);
}

async function createDatabase(): Promise<Database> {
  client = new CosmosClient(await account());
  return (await client.databases.create({ id: `conformance-${randomUUID()}` })).database;
}

async function startEmbedded(): Promise<Cosmos> {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cosmos-conformance-'));
  const key = Buffer.from('a key of the embedded account'.padEnd(64, '.')).toString('base64');
  return startCosmos({ port: 0, databasePath: join(folder, 'cosmos.db'), key, databases: [] });
}

function readConnectionString(text: string): Account {
  const parts = new Map(
    text.split(';').flatMap((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()] as const];
    }),
  );
  const [endpoint, key] = [parts.get('AccountEndpoint'), parts.get('AccountKey')];
  if (endpoint === undefined || key === undefined) {
    throw new TypeError('The connection string has no AccountEndpoint or no AccountKey.');
  }
  return { endpoint, key };
}
