import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openCatalog, type Catalog } from '../containers/catalog.ts';
import { indexingPolicyOf, readContainerDefinition } from '../containers/container-definition.ts';
import { openOfferStore, type OfferStore } from '../containers/offer-store.ts';
import type { CosmosSettings } from '../cosmos-settings.ts';

/** Opens the account's file, and makes what the settings declare. */
export function openAccountFile(settings: Pick<CosmosSettings, 'databasePath' | 'databases'>): {
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

function declare(catalog: Catalog, settings: Pick<CosmosSettings, 'databases'>): void {
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
