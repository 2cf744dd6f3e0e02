import { createHash } from 'node:crypto';
import type { BucketLimits } from '../../shared/bucket/bucket-limits.ts';
import { createReserver } from '../../shared/bucket/reserver.ts';
import type { RegionSettings } from '../../shared/config/region-settings.ts';
import type { JobDocument } from '../../shared/jobs/job-document.ts';
import type { JobEnvelope } from '../../shared/jobs/job-envelope.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Lane } from '../../shared/lanes/lane.ts';
import { modelCatalogue, type ModelOverride } from '../../shared/models/model-catalogue.ts';
import type { PipelineDeps, PipelineSettings } from '../../shared/pipeline/deps.ts';
import { fewAtATime } from '../../shared/pipeline/few-at-a-time.ts';
import type { Breaker } from '../../shared/pools/breaker.ts';
import { describePools, type Pool } from '../../shared/pools/pool.ts';
import type { Switches } from '../../shared/pools/pool-switches.ts';
import { sharedDeploymentHealth } from '../../shared/pools/shared-deployment-health.ts';
import { sharedPoolSwitches } from '../../shared/pools/shared-pool-switches.ts';
import type { TokenCounter } from '../../shared/tokens/token-counter.ts';
import { exactClock, type FakeClock, fakeClock } from './fake-clock.ts';
import { memoryBucketStore } from './memory-bucket-store.ts';
import { type MemoryDocumentStore, memoryDocumentStore } from './memory-document-store.ts';
import { type MemoryJobQueue, memoryJobQueue } from './memory-job-queue.ts';
import { memoryJobStore } from './memory-job-store.ts';
import { type MemoryPayloadStore, memoryPayloadStore } from './memory-payload-store.ts';
import { type MemoryTelemetry, memoryTelemetry } from './memory-telemetry.ts';
import { ProcessLife } from './process-life.ts';
import {
  completedWith,
  type ModelScript,
  scriptedModelClient,
  type ScriptedModelClient,
} from './scripted-model-client.ts';

export interface PipelineRig {
  readonly clock: FakeClock;
  readonly queue: MemoryJobQueue;
  readonly jobs: JobStore & MemoryDocumentStore<JobDocument>;
  readonly lanes: MemoryDocumentStore<Lane>;
  readonly breakers: MemoryDocumentStore<Breaker>;
  readonly switches: MemoryDocumentStore<Switches>;
  readonly payloads: MemoryPayloadStore;
  readonly buckets: ReturnType<typeof memoryBucketStore>;
  readonly telemetry: MemoryTelemetry;
  readonly models: ScriptedModelClient;
  readonly pools: readonly Pool[];
  /** Faults that the pipeline survived and logged. */
  readonly faults: readonly string[];
  /** The dependencies of one more process of the app, which may be made to fail or to die. */
  readonly process: (life?: ProcessLife) => PipelineDeps;
}

export interface RigSettings {
  /** What the models answer; every call is completed when absent. */
  readonly script?: ModelScript;
  readonly regions?: readonly RegionSettings[];
  readonly overrides?: readonly ModelOverride[];
  readonly settings?: Partial<PipelineSettings>;
}

/** One region with one model: a pool whose queue is `jobs` itself. */
const oneRegion: readonly RegionSettings[] = [regionOf('east', ['gpt-4o-mini'])];

export function regionOf(
  name: string,
  models: readonly string[],
  quota: { readonly tokensPerMinute?: number; readonly requestsPerMinute?: number } = {},
): RegionSettings {
  const { tokensPerMinute = 60_000, requestsPerMinute = 600 } = quota;
  const limits = {
    tokensPerMinute,
    requestsPerMinute,
    requestWindowSeconds: 10 as const,
    share: 1,
    charactersPerToken: 4,
    defaultMaxTokens: 640,
  };
  const deployments = models.map((model) => ({ name: model, model, ...limits }));
  return { name, endpoint: `https://${name}.example`, apiVersion: '2024-10-21', path: 'classic', deployments };
}

/** The whole pipeline on fakes: stores and queues in memory, scripted models, time that is told to pass. */
export function pipelineRig(settings: RigSettings = {}): PipelineRig {
  const clock = fakeClock();
  const pools = describePools({ regions: settings.regions ?? oneRegion, pools: undefined });
  const faults: string[] = [];
  const outside = {
    clock,
    queue: memoryJobQueue(clock),
    jobs: memoryJobStore(),
    lanes: memoryDocumentStore<Lane>(),
    breakers: memoryDocumentStore<Breaker>(),
    switches: memoryDocumentStore<Switches>(),
    payloads: memoryPayloadStore(),
    buckets: memoryBucketStore(),
    telemetry: memoryTelemetry(clock.now),
    models: scriptedModelClient(settings.script ?? [completedWith('Hello')]),
  };
  let ids = 0;
  const newId = (): string => {
    ids += 1;
    return `id-${ids}`;
  };
  const logFault = (what: string): void => void faults.push(what);
  const process = (life = new ProcessLife()): PipelineDeps => {
    const own = life.clock(clock);
    return {
      clock: own,
      newId,
      random: () => 0.5,
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
      yieldToEventLoop: async () => undefined,
      pools,
      catalogue: modelCatalogue(settings.overrides),
      counter: quarterTokens,
      jobs: life.jobs(outside.jobs),
      lanes: life.documents('lanes', outside.lanes),
      queue: life.queue(outside.queue),
      payloads: life.payloads(outside.payloads),
      models: life.models(outside.models),
      reserver: createReserver({
        clock: exactClock(own),
        store: life.buckets(outside.buckets),
        random: () => 0.5,
        limits: limitsOf(pools),
      }),
      health: sharedDeploymentHealth({
        store: life.documents('breakers', outside.breakers),
        now: own.now,
        random: () => 0.5,
        newId,
        telemetry: outside.telemetry,
        logFault,
        deployments: pools.flatMap((pool) => pool.deployments),
        longestProbeMs: 180_000,
      }),
      switches: sharedPoolSwitches({
        store: life.documents('switches', outside.switches),
        now: own.now,
        telemetry: outside.telemetry,
        pools: pools.map(({ name }) => name),
      }),
      suspects: fewAtATime(1),
      ending: new AbortController().signal,
      telemetry: outside.telemetry,
      logFault,
      busyMs: () => 0,
      settings: { ...usualSettings, ...settings.settings },
    };
  };
  return { ...outside, pools, faults, process };
}

/** A chat job of the rig's model. */
export function chatJob(text = 'Hi', changes: Partial<JobEnvelope> = {}): JobEnvelope {
  const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: text }], max_tokens: 100 };
  return { request: { method: 'POST', url: '/v1/chat/completions', body }, ...changes };
}

const usualSettings: PipelineSettings = {
  lanes: 1,
  leastLanes: 1,
  pump: { pullWindowMs: 240_000, pullAheadMs: 2000, idleMs: 5000, maxJobsInHand: 400 },
  callTimeoutMs: 60_000,
  parkMs: 10_000,
  retries: { mostFailures: 20, longestMs: 86_400_000, mostThrottled: 3 },
  resultTtlSeconds: undefined,
};

/** Four characters are a token. */
const quarterTokens: TokenCounter = {
  prepare: async () => undefined,
  countText: (text) => Math.ceil(text.length / 4),
};

function limitsOf(pools: readonly Pool[]): ReadonlyMap<string, BucketLimits> {
  const deployments = pools.flatMap((pool) => pool.deployments);
  return new Map(
    deployments.map(({ bucketId, settings }) => {
      const { tokensPerMinute, requestsPerMinute = 600, requestWindowSeconds, share } = settings;
      return [bucketId, { tokensPerMinute, requestsPerMinute, requestWindowSeconds, share }];
    }),
  );
}
