import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { datedResponse } from '../dated-response.ts';
import { answerRequest } from './answer-request.ts';
import { openCatalog, type Catalog } from './catalog.ts';
import { openSignatureCheck } from './check-signature.ts';
import { CosmosFaults } from './cosmos-faults.ts';
import { indexingPolicyOf, readContainerDefinition } from './container-definition.ts';
import { openOfferStore, type OfferStore } from './offer-store.ts';
import { openQueryCache } from './query/compile-query.ts';
import { openPredicateCache } from './query/compile-predicate.ts';
import type { Service } from './service.ts';

export interface ContainerSettings {
  readonly id: string;
  /** `/id` */
  readonly partitionKeyPath: string;
  /** Seconds; -1 switches time to live on without a default, absent leaves it off. */
  readonly defaultTtlSeconds?: number;
  /** `/state`: the indexed properties, for the price of writes and for quick filters. Absent: everything is indexed. */
  readonly indexedPaths?: readonly string[];
}

export interface CosmosSettings {
  /** 0 for a free one. */
  readonly port: number;
  /** The SQLite file; its folder is made. One process may have it open. */
  readonly databasePath: string;
  /** The account's key, in base64. */
  readonly key: string;
  /** A second one that is good for reads and queries alone, in base64. */
  readonly readOnlyKey?: string;
  /** Created when absent; time to live and indexing of existing ones are brought in line. */
  readonly databases: readonly { readonly id: string; readonly containers: readonly ContainerSettings[] }[];
  /** What goes wrong; nothing when absent. */
  readonly faults?: CosmosFaults;
  readonly log?: (line: string) => void;
}

export interface Cosmos {
  readonly port: number;
  /** `http://127.0.0.1:port/` */
  readonly endpoint: string;
  readonly connectionString: string;
  /** The ids of all containers, whatever their database. */
  readonly containers: () => readonly string[];
  /** What the item operations on a container have cost since the start. Throws `CosmosError` for an unknown container. */
  readonly requestUnits: (
    database: string,
    container: string,
  ) => { readonly total: number; readonly operations: number };
  readonly stop: () => Promise<void>;
}

const sweepEveryMs = 2000;
const sweepAtMost = 500;

/**
 * Starts an embedded Azure Cosmos DB (API for NoSQL, key authentication, one region, one physical partition) on the
 * loopback interface, over plain HTTP. A write is answered when SQLite has it in its write-ahead log, so a killed
 * process loses nothing that was acknowledged.
 */
export async function startCosmos(settings: CosmosSettings): Promise<Cosmos> {
  const { sql, catalog, offers } = openCatalogFile(settings);
  const compile = openQueryCache();
  const compilePredicate = openPredicateCache();
  const checkSignature = openSignatureCheck(settings);
  const log = settings.log ?? (() => undefined);
  const now = Date.now;
  const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0, ServerResponse: datedResponse(now) });
  const port = await listen(server, settings.port).catch((error: unknown) => {
    sql.close();
    throw error;
  });
  const endpoint = `http://127.0.0.1:${port}/`;
  const nextEtag = openEtagSource();
  const { faults = new CosmosFaults(0) } = settings;
  const ending = new AbortController();
  const tools = { now, nextEtag, compile, compilePredicate };
  const service: Service = { sql, catalog, offers, ...tools, endpoint, faults, stopping: ending.signal };
  server.on('request', (incoming, outgoing) => {
    answerRequest({ service, checkSignature, log }, incoming, outgoing).catch((error: unknown) => {
      log(`cosmos: an answer could not be written: ${String(error)}`);
      outgoing.destroy();
    });
  });
  const sweeper = setInterval(() => {
    sweepExpired(catalog);
  }, sweepEveryMs).unref();
  log(`cosmos: listening on ${endpoint}`);
  return {
    port,
    endpoint,
    connectionString: `AccountEndpoint=${endpoint};AccountKey=${settings.key};`,
    containers: () => catalog.databases().flatMap(({ containers }) => [...containers.values()].map(({ id }) => id)),
    requestUnits: (database, container) => {
      const { requestUnits, operations } = catalog.container(database, container).meter;
      return { total: Math.round(requestUnits * 100) / 100, operations };
    },
    stop: async () => {
      clearInterval(sweeper);
      ending.abort();
      await close(server);
      sql.close();
    },
  };
}

function openCatalogFile(settings: CosmosSettings): {
  readonly sql: DatabaseSync;
  readonly catalog: Catalog;
  readonly offers: OfferStore;
} {
  const sql = openDatabase(settings.databasePath);
  try {
    const catalog = openCatalog(sql, Date.now);
    declare(catalog, settings);
    return { sql, catalog, offers: openOfferStore(sql, Date.now) };
  } catch (error) {
    sql.close();
    throw error;
  }
}

/** Exclusive: a second process on the same file fails at once, instead of doing half of the work. */
function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  const sql = new DatabaseSync(path);
  sql.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 8000;
  `);
  return sql;
}

function declare(catalog: Catalog, settings: CosmosSettings): void {
  for (const database of settings.databases) {
    if (!catalog.hasDatabase(database.id)) {
      catalog.createDatabase(database.id);
    }
    for (const { id, partitionKeyPath, defaultTtlSeconds, indexedPaths } of database.containers) {
      const policy = indexingPolicyOf(indexedPaths);
      const definition = readContainerDefinition({
        id,
        partitionKey: { paths: [partitionKeyPath], kind: 'Hash', version: 2 },
        ...(defaultTtlSeconds === undefined ? {} : { defaultTtl: defaultTtlSeconds }),
        indexingPolicy: {
          indexingMode: policy.indexingMode,
          automatic: policy.automatic,
          includedPaths: policy.includedPaths.map(({ path }) => ({ path })),
          excludedPaths: policy.excludedPaths.map(({ path }) => ({ path })),
        },
      });
      if (catalog.hasContainer(database.id, id)) {
        catalog.replaceContainer(catalog.container(database.id, id), definition);
      } else {
        catalog.createContainer(database.id, definition);
      }
    }
  }
}

/** ETags never come twice: a random part for the process, and a count. */
function openEtagSource(): () => string {
  const run = randomBytes(4).toString('hex');
  let count = 0;
  return () => {
    count += 1;
    return `"${run}-0000-0000-0000-${count.toString(16).padStart(12, '0')}"`;
  };
}

function sweepExpired(catalog: Catalog): void {
  for (const database of catalog.databases()) {
    for (const container of database.containers.values()) {
      container.items.sweep(Date.now(), sweepAtMost);
    }
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new TypeError('The server listens on no port.');
  }
  return address.port;
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
