import type { DatabaseSync } from 'node:sqlite';
import { indexedPathsOf, readContainerDefinition, type ContainerDefinition } from './container-definition.ts';
import { CosmosError } from './cosmos-error.ts';
import { openItemStore, type ItemStore } from './item-store.ts';
import { parseJson, type JsonObject } from './json.ts';
import { parsePartitionKeyPath } from './partition-key.ts';
import { containerRid, databaseRid } from './resource-id.ts';

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
  readonly partitionKeyPath: readonly string[];
  readonly defaultTtlSeconds: number | undefined;
  /** Undefined for all. */
  readonly indexedPaths: readonly string[] | undefined;
  readonly items: ItemStore;
  readonly meter: Meter;
}

/** What changes with every request. `lsn` rises with each write, across restarts as well. */
interface Meter {
  requestUnits: number;
  operations: number;
  lsn: number;
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

/** A database as the wire shows it. */
export function databaseResource({ number, id, modifiedMs }: Database): JsonObject {
  const rid = databaseRid(number);
  return { id, ...systemProperties(rid, `dbs/${rid}/`, modifiedMs), _colls: 'colls/', _users: 'users/' };
}

/** A container as the wire shows it. */
export function containerResource(container: Container): JsonObject {
  const { id, partitionKey, defaultTtl, indexingPolicy } = container.definition;
  const { compositeIndexes, indexingMode, automatic, includedPaths, excludedPaths } = indexingPolicy;
  const self = `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/`;
  return {
    id,
    partitionKey: { ...partitionKey },
    ...(defaultTtl === undefined ? {} : { defaultTtl }),
    indexingPolicy: {
      indexingMode,
      automatic,
      includedPaths: includedPaths.map(({ path }) => ({ path })),
      excludedPaths: excludedPaths.map(({ path }) => ({ path })),
      ...(compositeIndexes === undefined ? {} : { compositeIndexes }),
    },
    ...systemProperties(container.rid, self, container.modifiedMs),
    _docs: 'docs/',
    _sprocs: 'sprocs/',
    _triggers: 'triggers/',
    _udfs: 'udfs/',
    _conflicts: 'conflicts/',
  };
}

function systemProperties(rid: string, self: string, modifiedMs: number): JsonObject {
  const etag = `"00000000-0000-0000-0000-${modifiedMs.toString(16).padStart(12, '0')}"`;
  return { _rid: rid, _self: self, _etag: etag, _ts: Math.floor(modifiedMs / 1000) };
}

function createTables(sql: DatabaseSync): void {
  sql.exec(`
    CREATE TABLE IF NOT EXISTS databases (
      number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, modified_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS containers (
      number INTEGER PRIMARY KEY AUTOINCREMENT, database INTEGER NOT NULL, id TEXT NOT NULL,
      definition TEXT NOT NULL, modified_ms INTEGER NOT NULL, UNIQUE (database, id)
    ) STRICT;
  `);
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
      .prepare('SELECT number, definition, modified_ms FROM containers WHERE database = ?')
      .all(database.number);
    for (const child of rows) {
      const container = openContainer(sql, database, {
        number: Number(child['number']),
        definition: readContainerDefinition(parseJson(String(child['definition']))),
        modifiedMs: Number(child['modified_ms']),
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
}

function openContainer(
  sql: DatabaseSync,
  parent: Database,
  { number, definition, modifiedMs }: ContainerRow,
): Container {
  const [path = '/id'] = definition.partitionKey.paths;
  const indexedPaths = indexedPathsOf(definition.indexingPolicy);
  return {
    number,
    databaseNumber: parent.number,
    databaseId: parent.id,
    id: definition.id,
    rid: containerRid(parent.number, number),
    modifiedMs,
    definition,
    partitionKeyPath: parsePartitionKeyPath(path),
    defaultTtlSeconds: definition.defaultTtl,
    indexedPaths,
    items: openItemStore({ database: sql, number, indexedPaths, partitionedById: path === '/id' }),
    meter: { requestUnits: 0, operations: 0, lsn: Date.now() },
  };
}

function replaceContainer(
  sql: DatabaseSync,
  parent: Database,
  container: Container,
  { definition, modifiedMs }: Pick<ContainerRow, 'definition' | 'modifiedMs'>,
): Container {
  if (
    definition.id !== container.id ||
    definition.partitionKey.paths[0] !== container.definition.partitionKey.paths[0]
  ) {
    throw new CosmosError('BadRequest', 'The id and the partition key of a container cannot be changed.');
  }
  sql
    .prepare('UPDATE containers SET definition = ?, modified_ms = ? WHERE number = ?')
    .run(JSON.stringify(definition), modifiedMs, container.number);
  if (definition.defaultTtl !== container.defaultTtlSeconds) {
    container.items.applyDefaultTtl(definition.defaultTtl);
  }
  const opened = openContainer(sql, parent, { number: container.number, definition, modifiedMs });
  return { ...opened, meter: container.meter };
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
