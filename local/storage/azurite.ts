/**
 * The typed seam to Azurite, which ships no types. Only its blob service is used; its `main.js` is not, because that
 * starts the queue and table services too and sends usage telemetry, which a server made here never does.
 */
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { z } from 'zod';

/** The parts of a LokiJS document, collection and database that persistence needs (LokiJS 1.5). */
export interface LokiCollection {
  readonly name: string;
  readonly uniqueNames: readonly string[];
  readonly binaryIndices: Readonly<Record<string, unknown>>;
  on(event: 'insert' | 'update' | 'delete', listener: (documents: unknown) => void): void;
  ensureAllIndexes(force: boolean): void;
}

export interface LokiDatabase {
  readonly collections: readonly LokiCollection[];
  configureOptions(options: { readonly adapter: LokiAdapter; readonly autosave: boolean }): void;
  autosaveDisable(): void;
}

/** A LokiJS persistence adapter in `reference` mode: it gets and gives objects instead of one string. */
export interface LokiAdapter {
  readonly mode: 'reference';
  loadDatabase(name: string, done: (database: unknown) => void): void;
  exportDatabase(name: string, database: LokiDatabase, done: (error: Error | null) => void): void;
}

export interface LokiStore {
  readonly db: LokiDatabase;
  init: () => Promise<void>;
}

export interface AzuriteBlobServer {
  readonly httpServer: Server;
  /** Blobs, containers, leases and uncommitted blocks. */
  readonly metadataStore: LokiStore;
  /** The files ("extents") that hold the bytes. */
  readonly extentMetadataStore: LokiStore;
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface BlobServerSettings {
  readonly host: string;
  readonly port: number;
  readonly metadataPath: string;
  readonly extentMetadataPath: string;
  readonly extentFolder: string;
}

type Constructor = new (...parameters: readonly unknown[]) => unknown;

const constructorModule = z.object({
  default: z.custom<Constructor>((value) => typeof value === 'function'),
});
const lokiStore = z.custom<LokiStore>(
  (value) => z.object({ db: z.object({ collections: z.array(z.unknown()) }).loose() }).safeParse(value).success,
);
const blobServer = z.custom<AzuriteBlobServer>(
  (value) =>
    z
      .object({
        httpServer: z.looseObject({}),
        metadataStore: lokiStore,
        extentMetadataStore: lokiStore,
      })
      .safeParse(value).success,
);

/** Makes a blob server that has not started. Quiet, and without a check of the API version that a client asks for. */
export function createBlobServer(settings: BlobServerSettings): AzuriteBlobServer {
  const require = createRequire(import.meta.url);
  const load = (path: string): Constructor => constructorModule.parse(require(`azurite/dist/src/blob/${path}`)).default;
  const BlobConfiguration = load('BlobConfiguration');
  const BlobServer = load('BlobServer');
  const configuration = new BlobConfiguration(
    settings.host,
    settings.port,
    keepAliveSeconds,
    settings.metadataPath,
    settings.extentMetadataPath,
    [{ locationId: 'Default', locationPath: settings.extentFolder, maxConcurrency: writeConcurrency }],
    false, // access log
    undefined, // where to
    false, // debug log
    undefined, // where to
    false, // loose mode: unsupported headers stay errors
    true, // skip the API version check
  );
  return blobServer.parse(new BlobServer(configuration));
}

const keepAliveSeconds = 5;
/** Each writer keeps a file of its own per start; a few are enough here, and keep the folder small. */
const writeConcurrency = 8;
