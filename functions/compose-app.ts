import type { Container } from '@azure/cosmos';
import { createHash, randomUUID } from 'node:crypto';
import { cosmosBucketStore } from '../shared/bucket/cosmos-bucket-store.ts';
import { createReserver, type Reserver } from '../shared/bucket/reserver.ts';
import { serviceClock } from '../shared/bucket/service-clock.ts';
import { type Config, readConfig } from '../shared/config/read-config.ts';
import { cosmosJobStore } from '../shared/jobs/cosmos-job-store.ts';
import { cosmosLaneStore } from '../shared/lanes/cosmos-lane-store.ts';
import { azureOpenAiModelClient } from '../shared/models/azure-openai-model-client.ts';
import { modelCatalogue } from '../shared/models/model-catalogue.ts';
import { blobPayloadStore } from '../shared/payloads/blob-payload-store.ts';
import type { PipelineDeps } from '../shared/pipeline/deps.ts';
import { fewAtATime } from '../shared/pipeline/few-at-a-time.ts';
import { describeFault } from '../shared/describe-fault.ts';
import { cosmosBreakerStore, cosmosSwitchStore } from '../shared/pools/cosmos-control-stores.ts';
import { describePools, type Pool } from '../shared/pools/pool.ts';
import { serviceBusJobQueue } from '../shared/pools/service-bus-job-queue.ts';
import { renewedJobQueue } from '../shared/pools/service-bus-renewed-queue.ts';
import { sharedDeploymentHealth } from '../shared/pools/shared-deployment-health.ts';
import { sharedPoolSwitches } from '../shared/pools/shared-pool-switches.ts';
import { shareEventLoop } from '../shared/share-event-loop.ts';
import { otelTelemetry } from '../shared/telemetry/otel-telemetry.ts';
import { tokenizerTokenCounter } from '../shared/tokens/tokenizer-token-counter.ts';
import {
  bucketLimits,
  catalogueOverrides,
  cosmosDatabases,
  credentialFor,
  modelSettings,
  payloadSettings,
  serviceBusClient,
  telemetrySettings,
} from './compose-clients.ts';
import { systemClock } from './system-clock.ts';

import type { App } from './compose.ts';

/** A job that probes a deployment has its start within this; it is lost otherwise. */
const longestProbeWaitMs = 120_000;

/** Jobs whose call was lost that a process calls at once in each pool: so many may be taken for the one that kills it. */
const mostSuspects = 4;

/**
 * The platform gives a worker five seconds to end: calls that are short end by themselves, the others are broken off and
 * their jobs given back, and some of it is for the last flush. In ms.
 */
const callsMs = 3500;
const givingBackMs = 700;

/**
 * Reads the settings, builds the clients and the stores. Imported with the first invocation, not with the functions: it
 * brings the SDKs, and an instance has to tell its functions before it may load them.
 *
 * @throws AppError `config.invalid`
 */
export async function composeApp(warn: (line: string) => void): Promise<App> {
  const config = readConfig(process.env);
  const credential = await credentialFor(config);
  const stopping = new AbortController();
  const ending = new AbortController();
  const clock = systemClock();
  const pools = describePools(config);
  const telemetry = await otelTelemetry(telemetrySettings(config, credential));
  const { documents, buckets } = cosmosDatabases(config, credential);
  const queue = renewedJobQueue(() => serviceBusJobQueue(serviceBusClient(config, credential)));
  const catalogue = modelCatalogue(catalogueOverrides(config));
  const counter = tokenizerTokenCounter();
  const yieldToEventLoop = shareEventLoop((resume) => setImmediate(resume));
  const models = azureOpenAiModelClient(modelSettings(config, credential), {
    tokenCounter: counter,
    catalogue,
    yieldToEventLoop,
  });
  const reserver = reserverOn(buckets.container('buckets'), pools);
  const control = documents.container('control');
  const logFault = (what: string, error: unknown): void => warn(`${what}: ${describeFault(error)}`);
  const deps: PipelineDeps = {
    clock,
    newId: randomUUID,
    random: Math.random,
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    yieldToEventLoop,
    pools,
    catalogue,
    counter,
    jobs: cosmosJobStore(documents.container('jobs')),
    lanes: cosmosLaneStore(control),
    queue,
    payloads: blobPayloadStore(payloadSettings(config, credential)),
    models,
    reserver,
    ...controlOn(control, { config, pools, telemetry, logFault, now: () => Math.floor(reserver.now()) }),
    suspects: fewAtATime(mostSuspects),
    ending: ending.signal,
    telemetry,
    logFault,
    busyMs: () => performance.eventLoopUtilization().active,
    settings: config,
  };
  const stop = async (work: Promise<unknown>): Promise<void> => {
    stopping.abort();
    await Promise.race([work, clock.sleep(callsMs)]);
    ending.abort();
    await Promise.race([work, clock.sleep(givingBackMs)]);
    await telemetry.flush();
    await Promise.allSettled([queue.close(), models.close(), telemetry.shutdown()]);
  };
  return { deps, config, stopping: stopping.signal, stop };
}

/** The breakers of the deployments and the switches of the pools. Their times are read by other processes: the account's. */
function controlOn(
  container: Container,
  deps: Pick<PipelineDeps, 'pools' | 'telemetry' | 'logFault'> & {
    readonly config: Pick<Config, 'callTimeoutMs'>;
    readonly now: () => number;
  },
): Pick<PipelineDeps, 'health' | 'switches'> {
  const { pools, config, ...rest } = deps;
  const health = sharedDeploymentHealth({
    ...rest,
    store: cosmosBreakerStore(container),
    random: Math.random,
    newId: randomUUID,
    deployments: pools.flatMap((pool) => pool.deployments),
    longestProbeMs: config.callTimeoutMs + longestProbeWaitMs,
  });
  const names = pools.map(({ name }) => name);
  const switches = sharedPoolSwitches({ ...rest, store: cosmosSwitchStore(container), pools: names });
  return { health, switches };
}

/** Buckets keep the time of the Cosmos account, heard from its answers and asked for when need be (B2). */
function reserverOn(container: Container, pools: readonly Pool[]): Reserver {
  const clock = serviceClock({ wall: systemClock(), steadyMs: () => performance.now() });
  const store = cosmosBucketStore(container, clock.heard);
  const limits = bucketLimits(pools);
  const [anyBucket = ''] = limits.keys();
  clock.askBy(async () => (await store.read(anyBucket)).kind !== 'unavailable');
  return createReserver({ clock, store, random: Math.random, limits });
}
