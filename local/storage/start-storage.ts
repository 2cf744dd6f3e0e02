/**
 * Blob storage for the embedded stack: Azurite's blob service in this process, on the loopback address.
 *
 * States: starting → serving → stopped. What a client was told is stored outlives a SIGKILL of the process: metadata is
 * kept row by row in SQLite instead of Azurite's five-second snapshot (see `keep-in-sqlite.ts`), bytes in extent files
 * that Azurite flushes before it answers. Queue and table storage are not carried: nothing listens there.
 */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createBlobServer } from './azurite.ts';
import { keepInSqlite } from './keep-in-sqlite.ts';

export interface StorageSettings {
  /** The blob service's port; 0 takes a free one. */
  readonly port: number;
  /** Where everything is kept; made when missing. One running storage a folder. */
  readonly folder: string;
  readonly log?: (line: string) => void;
}

export interface Storage {
  readonly port: number;
  /** For the account `devstoreaccount1` with its published development key; it names a blob endpoint only. */
  readonly connectionString: string;
  /** Ends when requests in flight are answered, two seconds at most, and the files are closed. */
  readonly stop: () => Promise<void>;
}

/** @throws when the port is taken, the folder cannot be written, or another process has it open. */
export async function startStorage(settings: StorageSettings): Promise<Storage> {
  await mkdir(settings.folder, { recursive: true });
  const databasePath = join(settings.folder, 'blobs.sqlite');
  const sqlite = openDatabase(databasePath);
  const server = createBlobServer({
    host,
    port: settings.port,
    // Azurite loads a store only when a file stands at its path.
    metadataPath: databasePath,
    extentMetadataPath: databasePath,
    extentFolder: join(settings.folder, 'extents'),
  });
  keepInSqlite(server.metadataStore, { sqlite, scope: 'blobs' });
  keepInSqlite(server.extentMetadataStore, { sqlite, scope: 'extents' });
  try {
    await server.start();
  } catch (error) {
    sqlite.close();
    throw error;
  }
  const port = listeningPort(server.httpServer.address());
  settings.log?.(`storage: blobs on http://${host}:${port}`);
  return {
    port,
    connectionString: connectionString(port),
    stop: async () => {
      await closeServer(server.httpServer);
      await server.close();
      sqlite.close();
    },
  };
}

const host = '127.0.0.1';
/** How long requests in flight have when the storage stops. */
const graceMs = 2000;
const account = 'devstoreaccount1';
/** The development account's key, the same everywhere and no secret: published in the Azurite documentation. */
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

function connectionString(port: number): string {
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${account}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=http://${host}:${port}/${account}`,
    '',
  ].join(';');
}

/** A client that never rests would keep its connection, and so the server, for good: each is told to close. */
async function closeServer(server: Server): Promise<void> {
  const answered = once(server, 'close');
  server.prependListener('request', (_request, response) => {
    response.shouldKeepAlive = false;
  });
  server.close();
  const cut = setTimeout(() => {
    server.closeAllConnections();
  }, graceMs);
  await answered;
  clearTimeout(cut);
}

function openDatabase(path: string): DatabaseSync {
  const sqlite = new DatabaseSync(path);
  try {
    // Exclusive: a second Azurite on one folder would not see the first one's changes. The lock ends with its process.
    sqlite.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    return sqlite;
  } catch (cause) {
    sqlite.close();
    throw new Error(`Could not open ${path} alone: is a storage process running on this folder already?`, { cause });
  }
}

function listeningPort(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') {
    throw new Error('Azurite reported no TCP address after it started.');
  }
  return address.port;
}
