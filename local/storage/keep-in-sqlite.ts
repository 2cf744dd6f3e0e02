/**
 * Keeps a LokiJS database in SQLite, one row a document, so that what Azurite has acknowledged outlives a SIGKILL.
 *
 * Azurite holds its metadata in LokiJS and saves the whole of it every five seconds: killed in between, acknowledged
 * blobs are gone. Saving it all on each request would cost time in proportion to everything stored. Here each change is
 * one row, written inside the LokiJS call that makes the change, so before the request is answered:
 *
 * 1. Every insert, update and delete of a document reaches SQLite (WAL) before the call that made it returns.
 * 2. After a start the collections hold exactly the rows, with their indexes built again.
 *
 * Rows are V8-serialised, not JSON: a lease's expiry has to come back as a `Date`. Azurite's own snapshot gives it back as
 * a string, which compares as expired, so that every lease is lost by a restart.
 *
 * The bytes of blobs need nothing: Azurite flushes an extent file before it changes metadata.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import type { LokiAdapter, LokiCollection, LokiDatabase, LokiStore } from './azurite.ts';

/** Call before the store's `init`. `scope` tells several databases in one file apart. */
export function keepInSqlite(store: LokiStore, file: { readonly sqlite: DatabaseSync; readonly scope: string }): void {
  const rows = openRows(file.sqlite, file.scope);
  store.db.autosaveDisable();
  store.db.configureOptions({ adapter: rowAdapter(rows), autosave: false });
  const init = store.init.bind(store);
  store.init = async () => {
    await init();
    for (const collection of store.db.collections) {
      collection.ensureAllIndexes(true);
      follow(collection, rows);
    }
  };
}

interface Rows {
  readonly shapes: () => readonly CollectionShape[];
  readonly documents: (collection: string) => readonly LokiDocument[];
  readonly keepShape: (shape: CollectionShape) => void;
  readonly put: (collection: string, document: LokiDocument) => void;
  readonly remove: (collection: string, document: LokiDocument) => void;
}

const lokiDocument = z.looseObject({ $loki: z.number() });
type LokiDocument = z.infer<typeof lokiDocument>;
const changedDocuments = z.union([z.array(lokiDocument), lokiDocument.transform((document) => [document])]);

const documentRow = z.object({ document: z.instanceof(Uint8Array) });

const collectionShape = z.object({ uniqueNames: z.array(z.string()), indexNames: z.array(z.string()) });
type CollectionShape = z.infer<typeof collectionShape> & { readonly name: string };

function openRows(sqlite: DatabaseSync, scope: string): Rows {
  sqlite.exec(`
    CREATE TABLE IF NOT EXISTS collections (scope TEXT, name TEXT, shape TEXT NOT NULL, PRIMARY KEY (scope, name));
    CREATE TABLE IF NOT EXISTS documents (
      scope TEXT, collection TEXT, id INTEGER, document BLOB NOT NULL, PRIMARY KEY (scope, collection, id)
    ) WITHOUT ROWID;
  `);
  const selectShapes = sqlite.prepare('SELECT name, shape FROM collections WHERE scope = ?');
  const selectDocuments = sqlite.prepare(
    'SELECT document FROM documents WHERE scope = ? AND collection = ? ORDER BY id',
  );
  const keepShape = sqlite.prepare('INSERT OR REPLACE INTO collections VALUES (?, ?, ?)');
  const put = sqlite.prepare('INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)');
  const remove = sqlite.prepare('DELETE FROM documents WHERE scope = ? AND collection = ? AND id = ?');
  return {
    shapes: () => readShapes(selectShapes, scope),
    documents: (collection) =>
      selectDocuments
        .all(scope, collection)
        .map((row) => lokiDocument.parse(deserialize(documentRow.parse(row).document))),
    keepShape: ({ name, ...shape }) => {
      keepShape.run(scope, name, JSON.stringify(shape));
    },
    put: (collection, document) => {
      put.run(scope, collection, document.$loki, serialize(document));
    },
    remove: (collection, document) => {
      remove.run(scope, collection, document.$loki);
    },
  };
}

function readShapes(select: StatementSync, scope: string): CollectionShape[] {
  const row = z.object({ name: z.string(), shape: z.string() });
  return select.all(scope).map((value) => {
    const { name, shape } = row.parse(value);
    const { uniqueNames, indexNames } = collectionShape.parse(JSON.parse(shape));
    return { name, uniqueNames, indexNames };
  });
}

/** Loads collections from rows. A save keeps only their shapes: their documents are in the file already. */
function rowAdapter(rows: Rows): LokiAdapter {
  return {
    mode: 'reference',
    loadDatabase(name, done) {
      const shapes = rows.shapes();
      done(shapes.length === 0 ? null : { name, collections: shapes.map((shape) => loadedCollection(rows, shape)) });
    },
    exportDatabase(_name, database: LokiDatabase, done) {
      for (const { name, uniqueNames, binaryIndices } of database.collections) {
        rows.keepShape({ name, uniqueNames: [...uniqueNames], indexNames: Object.keys(binaryIndices) });
      }
      done(null);
    },
  };
}

/** A collection in the form that LokiJS loads; the indexes are built by `ensureAllIndexes` afterwards. */
function loadedCollection(rows: Rows, { name, uniqueNames, indexNames }: CollectionShape): unknown {
  const data = rows.documents(name);
  return {
    name,
    data,
    uniqueNames,
    maxId: data.at(-1)?.$loki ?? 0,
    adaptiveBinaryIndices: true,
    binaryIndices: Object.fromEntries(indexNames.map((index) => [index, { name: index, dirty: true, values: [] }])),
    transactional: false,
    asyncListeners: false,
    cloneObjects: false,
    disableMeta: false,
    disableChangesApi: true,
    disableDeltaChangesApi: true,
    changes: [],
  };
}

function follow(collection: LokiCollection, rows: Rows): void {
  const putAll = (documents: unknown): void => {
    for (const document of changedDocuments.parse(documents)) {
      rows.put(collection.name, document);
    }
  };
  collection.on('insert', putAll);
  collection.on('update', putAll);
  collection.on('delete', (documents) => {
    for (const document of changedDocuments.parse(documents)) {
      rows.remove(collection.name, document);
    }
  });
}
