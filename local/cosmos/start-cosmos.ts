import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { datedResponse } from '../dated-response.ts';
import { answerRequest } from './answer-request.ts';
import { openAuthorization } from './access/authorize.ts';
import type { Catalog } from './containers/catalog.ts';
import type { AccountKeys } from './access/check-signature.ts';
import { CosmosFaults } from './cosmos-faults.ts';
import type { CosmosSettings } from './cosmos-settings.ts';
import { openAccountFile } from './access/open-account-file.ts';
import { openListener } from './access/open-listener.ts';
import { openQueryCache } from './query/compile-query.ts';
import { openPredicateCache } from './query/compile-predicate.ts';
import { openQueryMemories } from './query/query-memories.ts';
import { secureEndpoint } from './access/secure-endpoint.ts';
import { identityEndpoint, isIdentityRequest, serveIdentity, type IdentityEndpoint } from './access/serve-identity.ts';
import type { Service } from './service.ts';

export interface Cosmos {
  readonly port: number;
  /** `http://127.0.0.1:port/` */
  readonly endpoint: string;
  readonly connectionString: string;
  /** The ids of all containers, whatever their database. */
  readonly containers: () => readonly string[];
  /** Inside of TLS; undefined without a certificate. */
  readonly secureEndpoint: string | undefined;
  /** Where clients without a key get tokens. */
  readonly identity: IdentityEndpoint;
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
 * Starts an embedded Azure Cosmos DB (API for NoSQL, one region, one physical partition) on the loopback interface. A
 * write is answered when SQLite has it in its write-ahead log, so a killed process loses nothing that was acknowledged.
 */
export async function startCosmos(settings: CosmosSettings): Promise<Cosmos> {
  const { sql, catalog, offers } = openAccountFile(settings);
  const log = settings.log ?? (() => undefined);
  const now = Date.now;
  const http = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0, ServerResponse: datedResponse(now) });
  const { certificate, faults = new CosmosFaults(0) } = settings;
  const listener = await openListener({ port: settings.port, http, certificate }).catch((error: unknown) => {
    sql.close();
    throw error;
  });
  const { port } = listener;
  const endpoint = `http://127.0.0.1:${port}/`;
  const ending = new AbortController();
  const tools = {
    now,
    nextEtag: openEtagSource(),
    compile: openQueryCache(),
    compilePredicate: openPredicateCache(),
    memories: openQueryMemories(),
  };
  const service: Service = { sql, catalog, offers, ...tools, endpoint, faults, stopping: ending.signal };
  const identity = identityEndpoint(endpoint, settings.key);
  serve(http, { ...settings, service, log, identity });
  const sweeper = setInterval(() => {
    sweepExpired(catalog);
  }, sweepEveryMs).unref();
  log(`cosmos: listening on ${endpoint}`);
  return {
    port,
    endpoint,
    connectionString: `AccountEndpoint=${endpoint};AccountKey=${settings.key};`,
    containers: () => catalog.databases().flatMap(({ containers }) => [...containers.values()].map(({ id }) => id)),
    secureEndpoint: certificate === undefined ? undefined : secureEndpoint(endpoint),
    identity,
    requestUnits: (database, container) => {
      const { requestUnits, operations } = catalog.container(database, container).meter;
      return { total: Math.round(requestUnits * 100) / 100, operations };
    },
    stop: async () => {
      clearInterval(sweeper);
      ending.abort();
      await listener.close();
      sql.close();
    },
  };
}

function serve(
  http: Server,
  account: AccountKeys & {
    readonly service: Service;
    readonly identity: IdentityEndpoint;
    readonly log: (line: string) => void;
  },
): void {
  const { identity, key, log, service } = account;
  const audiences = audiencesOf(service.endpoint);
  const front = { service, authorize: openAuthorization({ ...account, audiences }), log };
  http.on('request', (incoming, outgoing) => {
    if (isIdentityRequest(incoming)) {
      serveIdentity({ key, audiences, header: identity.header }, incoming, outgoing);
      return;
    }
    answerRequest(front, incoming, outgoing).catch((error: unknown) => {
      log(`cosmos: an answer could not be written: ${String(error)}`);
      outgoing.destroy();
    });
  });
}

/** What tokens may be for: the account, by any of its names, or Cosmos DB as a whole. */
function audiencesOf(endpoint: string): readonly string[] {
  const { origin } = new URL(secureEndpoint(endpoint));
  return [origin, origin.replace('127.0.0.1', 'localhost'), 'https://cosmos.azure.com'];
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
