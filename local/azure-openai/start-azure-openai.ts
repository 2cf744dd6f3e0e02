import { routeTable } from '../admin/route-table.ts';
import { type Administered, regionRoutes } from './admin/admin-routes.ts';
import { buildRegions } from './build-regions.ts';
import { CallBook } from './calls/call-book.ts';
import { CallLog } from './calls/call-log.ts';
import { describeFaces } from './admin/describe-faces.ts';
import type { Service } from './exchange.ts';
import type { LimiterRecorder } from './limits/limiter-state.ts';
import { ModelFaults } from './faults/model-faults.ts';
import { type Deployment, limitersOf, type Region } from './region.ts';
import { type Handler, RegionServer } from './region-server.ts';
import { ResponseStore } from './responses/response-store.ts';
import { serveAdmin } from '../admin/serve-admin.ts';
import type { Switched } from '../parts/part-switch.ts';
import { serveCall } from './serve-call.ts';
import type { AzureOpenAiSettings, HeaderLies, LatencySettings } from './settings.ts';

/** Several regions of Azure OpenAI on loopback, each on a port of its own, and an admin endpoint. */
export interface AzureOpenAi {
  /** `http://127.0.0.1:PORT`, without `/admin`. */
  readonly adminUrl: string;
  /** `http://127.0.0.1:PORT` of a region by name; throws for an unknown one. */
  readonly endpoint: (region: string) => string;
  /** What takes a region down and brings it back; throws for an unknown one. */
  readonly regionSwitch: (region: string) => Switched;
  /** Cuts what is open, ends every call, commits the log. May be called again. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the simulator. Whom it called, what its windows held (throttled calls that count and the neighbour's included),
 * its sums and its peaks it knows from the database; limits, faces, latency and faults are those of the settings, and
 * the times in them count from this start. Answers are deterministic English; a prompt steers them with
 * `[[sluice:content-filter]]` (400), `[[sluice:output-filter]]` (cut by the filter), `[[sluice:answer-tokens=N]]` (as
 * long as that, if nothing cuts it) and `[[sluice:reasoning-tokens=N]]` (thought before, by a model that reasons). Rejects when a port is taken, the database is unreadable or the settings contradict
 * themselves.
 */
export async function startAzureOpenAi(settings: AzureOpenAiSettings): Promise<AzureOpenAi> {
  const callLog = new CallLog(settings.databasePath);
  try {
    return await startOn(callLog, settings);
  } catch (error) {
    callLog.close();
    throw error;
  }
}

async function startOn(callLog: CallLog, settings: AzureOpenAiSettings): Promise<AzureOpenAi> {
  const {
    faults = new ModelFaults(settings.seed),
    now = Date.now,
    log = () => undefined,
    seed,
    isInstant = false,
  } = settings;
  const startedAt = now();
  const regions = await buildRegions(settings, { startedAt, recorder: recorderOn(callLog) });
  const book = new CallBook(callLog);
  const service: Service = { seed, isInstant, now, book, faults, responses: new ResponseStore() };
  restoreLimiters(regions, callLog, startedAt);
  announce(regions, log);
  const servers = new Map<string, { readonly region: Region; readonly server: RegionServer }>();
  for (const { name, port } of settings.regions) {
    const region = found(regions.get(name), name);
    const handle: Handler = async (request, response) => serveCall({ service, region }, request, response);
    servers.set(name, { region, server: new RegionServer({ port, log, now, handle }) });
  }
  const reset = resetOf({ regions: servers, service });
  const administered: Administered = {
    book: service.book,
    faults: service.faults,
    now,
    startedAt,
    regions: servers,
    reset,
    log,
  };
  const administer = routeTable([...(settings.adminRoutes ?? []), ...regionRoutes(administered)]);
  const admin = new RegionServer({
    port: settings.adminPort,
    log,
    now,
    handle: async (request, response) => serveAdmin(administer, request, response),
  });
  const all = [...[...servers.values()].map(({ server }) => server), admin];
  try {
    await Promise.all(all.map(async (server) => server.open()));
  } catch (error) {
    await closeAll(all);
    throw error;
  }
  let stopping: Promise<void> | undefined;
  return {
    adminUrl: `http://127.0.0.1:${admin.port}`,
    endpoint: (name) => `http://127.0.0.1:${found(servers.get(name), name).server.port}`,
    regionSwitch: (name) => found(servers.get(name), name).server,
    stop: async () => {
      stopping ??= closeAll(all).then(() => callLog.close());
      await stopping;
    },
  };
}

async function closeAll(servers: readonly RegionServer[]): Promise<void> {
  await Promise.all(servers.map(async (server) => server.close()));
}

function recorderOn(callLog: CallLog): (limiterKey: string) => LimiterRecorder {
  return (limiter) => ({
    neighbourCalled: (call) => callLog.writeNeighbourCall(limiter, call),
    peaked: (callers, fullest) => callLog.writePeak({ limiter, callers, ...fullest }),
  });
}

function announce(regions: ReadonlyMap<string, Region>, log: (line: string) => void): void {
  for (const region of regions.values()) {
    for (const deployment of region.deployments.values()) {
      log(`azure-openai: ${describeFaces(region.name, deployment)}`);
    }
  }
}

/** Gives the limiters what they judged less than a window ago, and the sums and peaks of all time. */
function restoreLimiters(regions: ReadonlyMap<string, Region>, callLog: CallLog, now: number): void {
  const limiters = limitersOf(regions.values());
  const lengths = [...limiters.values()].map(({ shape }) => Math.max(shape.tokenWindowMs, 60_000));
  for (const call of callLog.judgedSince(now - Math.max(0, ...lengths))) {
    limiters.get(call.limiter)?.restoreCall(call, call.caller);
  }
  for (const { limiter, caller, use } of callLog.uses({ from: 0, before: Number.MAX_SAFE_INTEGER })) {
    limiters.get(limiter)?.restoreUse(caller, use);
  }
  for (const { limiter, callers, ...fullest } of callLog.peaks()) {
    limiters.get(limiter)?.restoreFullest(callers, fullest);
  }
}

/** Remembers latency and lies as they are now; the returned function puts them back and begins the limiters anew. */
function resetOf(facts: { readonly regions: Administered['regions']; readonly service: Service }): () => Promise<void> {
  const { service } = facts;
  const regions = [...facts.regions.values()];
  const latencies = new Map<Region, LatencySettings>(regions.map(({ region }) => [region, region.latency]));
  const deployments = regions.flatMap(({ region }) => [...region.deployments.values()]);
  const lies = new Map<Deployment, HeaderLies>(deployments.map((deployment) => [deployment, deployment.lies]));
  return async () => {
    service.book.clear();
    service.responses.clear();
    for (const limiter of limitersOf(regions.map(({ region }) => region)).values()) {
      limiter.restart(service.now());
    }
    for (const [deployment, first] of lies) {
      deployment.lies = first;
    }
    for (const [region, first] of latencies) {
      region.latency = first;
    }
    service.faults.book.forget();
    await Promise.all(regions.map(async ({ server }) => server.open()));
  };
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) {
    throw new Error(`The local Azure OpenAI has no region ${name}.`);
  }
  return value;
}
