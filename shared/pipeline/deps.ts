import type { Reserver } from '../bucket/reserver.ts';
import type { Clock } from '../clock.ts';
import type { PumpSettings } from '../config/read-config.ts';
import type { JobStore } from '../jobs/job-store.ts';
import type { LaneStore } from '../lanes/lane-store.ts';
import type { ModelCatalogue } from '../models/model-catalogue.ts';
import type { ModelClient } from '../models/model-client.ts';
import type { PayloadStore } from '../payloads/payload-store.ts';
import type { DeploymentHealth } from '../pools/deployment-health.ts';
import type { JobQueue } from '../pools/job-queue.ts';
import type { PoolSwitches } from '../pools/pool-switches.ts';
import type { Pool } from '../pools/pool.ts';
import type { YieldToEventLoop } from '../share-event-loop.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { TokenCounter } from '../tokens/token-counter.ts';
import type { TakeTurn } from './few-at-a-time.ts';
import type { RetryLimits } from './retry-policy.ts';

/** Everything that the use cases work with; built once, in `functions/compose.ts`. */
export interface PipelineDeps {
  readonly clock: Clock;
  /** A fresh random id of letters, digits and dashes. */
  readonly newId: () => string;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** SHA-256 of a text, 64 hexadecimal digits. */
  readonly sha256: (text: string) => string;
  /** Resolves when the event loop has room for so much work, in µs as estimated. */
  readonly yieldToEventLoop: YieldToEventLoop;
  readonly pools: readonly Pool[];
  readonly catalogue: ModelCatalogue;
  readonly counter: TokenCounter;
  readonly jobs: JobStore;
  readonly lanes: LaneStore;
  readonly queue: JobQueue;
  readonly payloads: PayloadStore;
  readonly models: ModelClient;
  readonly reserver: Reserver;
  readonly health: DeploymentHealth;
  readonly switches: PoolSwitches;
  /** Turns of the jobs whose call may have killed its process: few at a time. */
  readonly suspects: TakeTurn;
  /** Aborted when the process is about to be ended: calls under way are broken off, and their jobs given back. */
  readonly ending: AbortSignal;
  readonly telemetry: Telemetry;
  /** Writes a line to the app's log: a fault that the pipeline survives. Never user text (T1). */
  readonly logFault: (what: string, error: unknown) => void;
  /** How long the process has been busy since its start, in ms. */
  readonly busyMs: () => number;
  readonly settings: PipelineSettings;
}

export interface PipelineSettings {
  /** The most lanes, and those that there are at least while there is work. */
  readonly lanes: number;
  readonly leastLanes: number;
  readonly pump: PumpSettings;
  readonly callTimeoutMs: number;
  /** First delay of a parked job; doubled with each parking. */
  readonly parkMs: number;
  readonly retries: RetryLimits;
  /** How long an ended job is kept; for ever when undefined. */
  readonly resultTtlSeconds: number | undefined;
}
