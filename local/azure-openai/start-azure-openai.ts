import type { Administered } from './admin-routes.ts';
import { buildRegions } from './build-regions.ts';
import { CallBook } from './call-book.ts';
import { CallLog } from './call-log.ts';
import type { DeploymentLimiter, Limits } from './deployment-limiter.ts';
import type { Service } from './exchange.ts';
import type { Region } from './region.ts';
import { RegionServer } from './region-server.ts';
import { serveAdmin } from './serve-admin.ts';
import { serveCall } from './serve-call.ts';
import type { AzureOpenAiSettings, LatencySettings } from './settings.ts';

/** Several regions of Azure OpenAI on loopback, each on a port of its own, and an admin endpoint. */
export interface AzureOpenAi {
  /** `http://127.0.0.1:PORT`, without `/admin`. */
  readonly adminUrl: string;
  /** `http://127.0.0.1:PORT` of a region by name; throws for an unknown one. */
  readonly endpoint: (region: string) => string;
  /** Cuts what is open, ends every call, commits the log. May be called again. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the simulator. What its windows held and whom it called it knows from the database; limits, latency and
 * faults are those of the settings. Answers are deterministic English; a prompt steers them with
 * `[[sluice:content-filter]]` (400), `[[sluice:output-filter]]` (cut by the filter) and
 * `[[sluice:answer-tokens=N]]` (as long as that, if nothing cuts it). Rejects when a port is taken, the database is unreadable or the settings
 * contradict themselves.
 */
export async function startAzureOpenAi(settings: AzureOpenAiSettings): Promise<AzureOpenAi> {
  const regions = await buildRegions(settings);
  const now = settings.now ?? Date.now;
  const log = settings.log ?? (() => undefined);
  const callLog = new CallLog(settings.databasePath);
  const service: Service = {
    seed: settings.seed,
    isInstant: settings.isInstant ?? false,
    now,
    book: new CallBook(callLog),
  };
  restoreWindows(regions, callLog, now());
  const servers = new Map<string, { readonly region: Region; readonly server: RegionServer }>();
  for (const { name, port } of settings.regions) {
    const region = found(regions.get(name), name);
    const server = new RegionServer({
      port,
      log,
      handle: async (request, response) => serveCall({ service, region }, request, response),
    });
    servers.set(name, { region, server });
  }
  const administered: Administered = {
    book: service.book,
    now,
    startedAt: now(),
    regions: servers,
    reset: resetOf({ regions: servers, service }),
    log,
  };
  const admin = new RegionServer({
    port: settings.adminPort,
    log,
    handle: async (request, response) => serveAdmin(administered, request, response),
  });
  const all = [...[...servers.values()].map(({ server }) => server), admin];
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopping ??= closeAll(all, callLog);
    await stopping;
  };
  try {
    await Promise.all(all.map(async (server) => server.open()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    adminUrl: `http://127.0.0.1:${admin.port}`,
    endpoint: (name) => `http://127.0.0.1:${found(servers.get(name), name).server.port}`,
    stop,
  };
}

async function closeAll(servers: readonly RegionServer[], callLog: CallLog): Promise<void> {
  await Promise.all(servers.map(async (server) => server.close()));
  callLog.close();
}

/** Gives the limiters what was admitted less than a window ago, and the peaks of all time. */
function restoreWindows(regions: ReadonlyMap<string, Region>, callLog: CallLog, now: number): void {
  const limiters = limitersOf(regions);
  const lengths = [...limiters.values()].map(({ shape }) => Math.max(shape.tokenWindowMs, 60_000));
  for (const call of callLog.admittedSince(now - Math.max(0, ...lengths))) {
    limiters.get(call.limiter)?.restore(call);
  }
  for (const [key, ratio] of callLog.fullestWindows()) {
    limiters.get(key)?.restoreFullest(ratio);
  }
}

function limitersOf(regions: ReadonlyMap<string, Region>): ReadonlyMap<string, DeploymentLimiter> {
  const limiters = new Map<string, DeploymentLimiter>();
  for (const region of regions.values()) {
    for (const { limiter, limiterKey } of region.deployments.values()) {
      limiters.set(limiterKey, limiter);
    }
  }
  return limiters;
}

/** Remembers limits and latency as they are now; the returned function puts them back. */
function resetOf(facts: { readonly regions: Administered['regions']; readonly service: Service }): () => Promise<void> {
  const { regions, service } = facts;
  const latencies = new Map<Region, LatencySettings>();
  const limits = new Map<DeploymentLimiter, Limits>();
  for (const { region } of regions.values()) {
    latencies.set(region, region.latency);
    for (const { limiter } of region.deployments.values()) {
      limits.set(limiter, limiter.limits);
    }
  }
  return async () => {
    service.book.clear();
    for (const [limiter, first] of limits) {
      limiter.limits = first;
      limiter.clear();
    }
    for (const [region, first] of latencies) {
      region.latency = first;
      region.faults.clear();
    }
    await Promise.all([...regions.values()].map(async ({ server }) => server.open()));
  };
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) {
    throw new Error(`The local Azure OpenAI has no region ${name}.`);
  }
  return value;
}
