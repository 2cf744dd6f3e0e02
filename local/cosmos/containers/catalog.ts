import type { DatabaseSync } from 'node:sqlite';
import { indexedPathsOf, readContainerDefinition, type ContainerDefinition } from './container-definition.ts';
import { CosmosError } from '../cosmos-error.ts';
import { openItemStore, type ItemStore } from '../items/item-store.ts';
import { parseJson } from '../json.ts';
import { parsePartitionKeyPath } from './partition-key.ts';
import { containerRid } from './resource-id.ts';
import { openWriteSequence, type WriteSequence } from '../items/write-sequence.ts';

/** Databases and containers: rows in SQLite, and the open ones in memory. */
export interface Database {
  readonly number: number;
  readonly id: string;
  readonly modifiedMs: number;
  readonly containers: Map<string, Container>;
}

export interface Container {
  readonly number: number;
  readonly databaseNumber: number;
  readonly databaseId: string;
  readonly id: string;
  readonly rid: string;
  readonly modifiedMs: number;
  readonly definition: ContainerDefinition;
  /** Of a hierarchical key, several. */
  readonly partitionKeyPaths: readonly (readonly string[])[];
  readonly defaultTtlSeconds: number | undefined;
  /** Undefined for all. */
  readonly indexedPaths: readonly string[] | undefined;
  readonly items: ItemStore;
  readonly writes: WriteSequence;
  readonly meter: Meter;
}

/** What the operations on items have cost since the start. */
interface Meter {
  requestUnits: number;
  operations: number;
}

export interface Catalog {
  readonly databases: () => readonly Database[];
  /** Throws `CosmosError` (404). */
  readonly database: (id: string) => Database;
  readonly container: (databaseId: string, id: string) => Container;
  readonly hasDatabase: (id: string) => boolean;
  readonly hasContainer: (databaseId: string, id: string) => boolean;
  /** Throws `CosmosError` (409). */
  readonly createDatabase: (id: string) => Database;
  readonly createContainer: (databaseId: string, definition: ContainerDefinition) => Container;
  /** Time to live and indexing may change; the partition key may not. */
  readonly replaceContainer: (container: Container, definition: ContainerDefinition) => Container;
  readonly removeDatabase: (database: Database) => void;
  readonly removeContainer: (container: Container) => void;
}

export function openCatalog(sql: DatabaseSync, now: () => number): Catalog {
  createTables(sql);
  const databases = loadDatabases(sql);
  const database = (id: string): Database => databases.get(id) ?? missing(`database '${id}'`);
  return {
    databases: () => [...databases.values()],
    database,
    container: (databaseId, id) => database(databaseId).containers.get(id) ?? missing(`container '${id}'`),
    hasDatabase: (id) => databases.has(id),
    hasContainer: (databaseId, id) => databases.get(databaseId)?.containers.has(id) === true,
    createDatabase: (id) => {
      refuseExisting(databases.has(id), `database '${id}'`);
      const modifiedMs = now();
      const { lastInsertRowid } = sql
        .prepare('INSERT INTO databases (id, modified_ms) VALUES (?, ?)')
        .run(id, modifiedMs);
      const created = { number: Number(lastInsertRowid), id, modifiedMs, containers: new Map<string, Container>() };
      databases.set(id, created);
      return created;
    },
    createContainer: (databaseId, definition) => {
      const parent = database(databaseId);
      refuseExisting(parent.containers.has(definition.id), `container '${definition.id}'`);
      const modifiedMs = now();
      const { lastInsertRowid } = sql
        .prepare('INSERT INTO containers (database, id, definition, modified_ms) VALUES (?, ?, ?, ?)')
        .run(parent.number, definition.id, JSON.stringify(definition), modifiedMs);
      const created = openContainer(sql, parent, { number: Number(lastInsertRowid), definition, modifiedMs });
      parent.containers.set(created.id, created);
      return created;
    },
    replaceContainer: (container, definition) => {
      const parent = database(container.databaseId);
      const replaced = replaceContainer(sql, parent, container, { definition, modifiedMs: now() });
      parent.containers.set(container.id, replaced);
      return replaced;
    },
    removeDatabase: (removed) => {
      for (const container of removed.containers.values()) {
        removeContainer(sql, container);
      }
      sql.prepare('DELETE FROM databases WHERE number = ?').run(removed.number);
      databases.delete(removed.id);
    },
    removeContainer: (container) => {
      removeContainer(sql, container);
      database(container.databaseId).containers.delete(container.id);
    },
  };
}

function createTables(sql: DatabaseSync): void {
  sql.exec(`
    CREATE TABLE IF NOT EXISTS databases (
      number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, modified_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS containers (
      number INTEGER PRIMARY KEY AUTOINCREMENT, database INTEGER NOT NULL, id TEXT NOT NULL,
      definition TEXT NOT NULL, modified_ms INTEGER NOT NULL, lsn_bound INTEGER NOT NULL DEFAULT 0,
      UNIQUE (database, id)
    ) STRICT;
  `);
  const columns = sql.prepare("SELECT name FROM pragma_table_info('containers')").all();
  if (!columns.some((column) => column['name'] === 'lsn_bound')) {
    sql.exec('ALTER TABLE containers ADD COLUMN lsn_bound INTEGER NOT NULL DEFAULT 0');
  }
}

function loadDatabases(sql: DatabaseSync): Map<string, Database> {
  const databases = new Map<string, Database>();
  for (const row of sql.prepare('SELECT number, id, modified_ms FROM databases ORDER BY number').all()) {
    const database: Database = {
      number: Number(row['number']),
      id: String(row['id']),
      modifiedMs: Number(row['modified_ms']),
      containers: new Map(),
    };
    databases.set(database.id, database);
    const rows = sql
      .prepare('SELECT number, definition, modified_ms, lsn_bound FROM containers WHERE database = ?')
      .all(database.number);
    for (const child of rows) {
      const container = openContainer(sql, database, {
        number: Number(child['number']),
        definition: readContainerDefinition(parseJson(String(child['definition']))),
        modifiedMs: Number(child['modified_ms']),
        lsnBound: Number(child['lsn_bound']),
      });
      database.containers.set(container.id, container);
    }
  }
  return databases;
}

interface ContainerRow {
  readonly number: number;
  readonly definition: ContainerDefinition;
  readonly modifiedMs: number;
  /** Where the numbers of the writes go on; absent for a new container. */
  readonly lsnBound?: number;
}

function openContainer(
  sql: DatabaseSync,
  parent: Database,
  { number, definition, modifiedMs, lsnBound = 0 }: ContainerRow,
): Container {
  const { paths } = definition.partitionKey;
  const uniqueKeys = (definition.uniqueKeyPolicy?.uniqueKeys ?? []).map((key) => key.paths.map(parsePartitionKeyPath));
  const indexedPaths = indexedPathsOf(definition.indexingPolicy);
  return {
    number,
    databaseNumber: parent.number,
    databaseId: parent.id,
    id: definition.id,
    rid: containerRid(parent.number, number),
    modifiedMs,
    definition,
    partitionKeyPaths: paths.map(parsePartitionKeyPath),
    defaultTtlSeconds: definition.defaultTtl,
    indexedPaths,
    items: openItemStore({
      database: sql,
      number,
      indexedPaths,
      partitionedById: paths.join('') === '/id',
      uniqueKeys,
    }),
    writes: openWriteSequence(sql, { number, startsAt: lsnBound === 0 ? Date.now() : lsnBound }),
    meter: { requestUnits: 0, operations: 0 },
  };
}

function replaceContainer(
  sql: DatabaseSync,
  parent: Database,
  container: Container,
  { definition, modifiedMs }: Pick<ContainerRow, 'definition' | 'modifiedMs'>,
): Container {
  const { id, partitionKey, uniqueKeyPolicy } = container.definition;
  if (definition.id !== id || definition.partitionKey.paths.join(',') !== partitionKey.paths.join(',')) {
    throw new CosmosError('BadRequest', 'The id and the partition key of a container cannot be changed.');
  }
  if (JSON.stringify(definition.vectorEmbeddingPolicy) !== JSON.stringify(container.definition.vectorEmbeddingPolicy)) {
    throw new CosmosError('BadRequest', 'The vector embedding policy of a container cannot be changed.');
  }
  if (JSON.stringify(definition.uniqueKeyPolicy) !== JSON.stringify(uniqueKeyPolicy)) {
    throw new CosmosError(
      'BadRequest',
      'The unique index cannot be modified. To change the unique index, remove the collection and re-create a new one.',
    );
  }
  sql
    .prepare('UPDATE containers SET definition = ?, modified_ms = ? WHERE number = ?')
    .run(JSON.stringify(definition), modifiedMs, container.number);
  if (definition.defaultTtl !== container.defaultTtlSeconds) {
    container.items.applyDefaultTtl(definition.defaultTtl);
  }
  const opened = openContainer(sql, parent, { number: container.number, definition, modifiedMs });
  return { ...opened, writes: container.writes, meter: container.meter };
}

function removeContainer(sql: DatabaseSync, container: Container): void {
  container.items.drop();
  sql.prepare('DELETE FROM containers WHERE number = ?').run(container.number);
}

function missing(what: string): never {
  throw new CosmosError('NotFound', `Resource Not Found: there is no ${what}.`, { substatus: 1003 });
}

function refuseExisting(exists: boolean, what: string): void {
  if (exists) {
    throw new CosmosError('Conflict', `Resource with specified id already exists: ${what}.`);
  }
}
