import { join } from 'node:path';
import type { LatencySettings, LimiterFaces, RegionSettings } from './azure-openai/settings.ts';
import type { CosmosSettings } from './cosmos/cosmos-settings.ts';
import type { QueueSettings } from './service-bus/queues/queue-settings.ts';

/** Where the parts of the stack listen (0: a free port) and keep their state. */
export interface StackLayout {
  readonly folder: string;
  readonly ports: StackPorts;
  readonly models: readonly StackModel[];
  /** Latency of the simulated regions; none at all when `instant`. */
  readonly latency: LatencySettings | 'instant';
  /** Seed of the simulated answers and latencies. */
  readonly seed: number;
  /** How long a message is locked before it comes back, in ms. */
  readonly lockMs: number;
  /** Those that exist from the start; the app's when absent. */
  readonly queues?: readonly QueueSettings[] | undefined;
  /** Those that exist from the start; the app's when absent. */
  readonly databases?: CosmosSettings['databases'] | undefined;
}

export interface StackPorts {
  readonly serviceBus: number;
  readonly cosmos: number;
  readonly blob: number;
  readonly azureOpenAiAdmin: number;
  /** One for each region. */
  readonly regions: Readonly<Record<string, number>>;
}

/** A model, deployed under its own name in every region of `tokensPerMinute`. */
export interface StackModel {
  readonly name: string;
  readonly tokensPerMinute: Readonly<Record<string, number>>;
  readonly requestsPerMinute: Readonly<Record<string, number>>;
  /** How its limiters behave, in every region … */
  readonly faces?: LimiterFaces | undefined;
  /** … and what differs in one: each face given here takes the place of the one above as a whole. */
  readonly facesByRegion?: Readonly<Record<string, LimiterFaces>> | undefined;
}

export const defaultPorts: StackPorts = {
  serviceBus: 5672,
  cosmos: 8081,
  blob: 10_000,
  azureOpenAiAdmin: 8100,
  regions: { eastus: 8101, swedencentral: 8102 },
};

export const freePorts: StackPorts = {
  serviceBus: 0,
  cosmos: 0,
  blob: 0,
  azureOpenAiAdmin: 0,
  regions: { eastus: 0, swedencentral: 0 },
};

export const defaultModels: readonly StackModel[] = [
  {
    name: 'gpt-4o-mini',
    tokensPerMinute: { eastus: 200_000, swedencentral: 150_000 },
    requestsPerMinute: { eastus: 1200, swedencentral: 900 },
  },
  {
    name: 'gpt-4o',
    tokensPerMinute: { eastus: 100_000, swedencentral: 80_000 },
    requestsPerMinute: { eastus: 600, swedencentral: 480 },
  },
  { name: 'text-embedding-3-small', tokensPerMinute: { eastus: 350_000 }, requestsPerMinute: { eastus: 2100 } },
];

const usualLatency: LatencySettings = { firstTokenMs: 350, tokensPerSecond: 90, tailProbability: 0.03, tailFactor: 8 };

export function stackLayout(changes: Partial<StackLayout> & { readonly folder: string }): StackLayout {
  const usual = { ports: defaultPorts, models: defaultModels, latency: usualLatency, seed: 1, lockMs: 30_000 };
  return { ...usual, ...changes };
}

/** The key that the simulated regions ask for: nothing but this machine reaches them. */
export const localApiKey = 'local-azure-openai-key';
export const localServiceBusKey = 'bG9jYWwtc2VydmljZS1idXMta2V5LW9mLXNsdWljZQ==';
export const localCosmosKey = 'bG9jYWwtY29zbW9zLWtleS1vZi1zbHVpY2Utb25seS1mb3ItdGVzdHM=';

/** The simulated regions of the layout. */
export function simulatedRegions(layout: StackLayout): readonly RegionSettings[] {
  return Object.entries(layout.ports.regions).map(([name, port]) => ({
    name,
    port,
    apiKey: localApiKey,
    ...(layout.latency === 'instant' ? {} : { latency: layout.latency }),
    deployments: layout.models
      .filter((model) => model.tokensPerMinute[name] !== undefined)
      .map((model) => ({
        name: model.name,
        model: model.name,
        tokensPerMinute: model.tokensPerMinute[name] ?? 0,
        requestsPerMinute: model.requestsPerMinute[name] ?? 0,
        ...model.faces,
        ...model.facesByRegion?.[name],
      })),
  }));
}

/** The queues of the layout; else of an app with a pool for each model: the intake, the pools', and the pump's tickets. */
export function stackQueues(layout: StackLayout): readonly QueueSettings[] {
  if (layout.queues !== undefined) {
    return layout.queues;
  }
  const jobQueue = { lockDurationMs: layout.lockMs, duplicateDetectionWindowMs: 600_000 };
  const ofPools = layout.models.length === 1 ? ['jobs'] : layout.models.map((model) => `jobs-${model.name}`);
  const names = new Set(['jobs', ...ofPools.flatMap((name) => [name, `${name}-high`])]);
  return [
    ...[...names].map((name) => ({ name, ...jobQueue })),
    { name: 'pump', lockDurationMs: Math.min(layout.lockMs, 15_000) },
  ];
}

export function stackFiles(
  layout: StackLayout,
): Readonly<Record<'serviceBus' | 'cosmos' | 'azureOpenAi' | 'storage' | 'trace', string>> {
  return {
    serviceBus: join(layout.folder, 'service-bus.sqlite'),
    cosmos: join(layout.folder, 'cosmos.sqlite'),
    azureOpenAi: join(layout.folder, 'azure-openai.sqlite'),
    storage: join(layout.folder, 'storage'),
    trace: join(layout.folder, 'trace.ndjson'),
  };
}
