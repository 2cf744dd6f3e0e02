import { mkdir } from 'node:fs/promises';
import { startAzureOpenAi } from './azure-openai/start-azure-openai.ts';
import { startCosmos } from './cosmos/start-cosmos.ts';
import { startServiceBus } from './service-bus/start-service-bus.ts';
import {
  localCosmosKey,
  localServiceBusKey,
  simulatedRegions,
  stackFiles,
  type StackLayout,
  type StackPorts,
  stackQueues,
} from './stack-layout.ts';
import { startStorage } from './storage/start-storage.ts';
import { toldRegions } from './told-regions.ts';

export interface Stack {
  /** The settings with which the app finds the stack, as `Values` of a local.settings.json. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where the parts listen: a stack that is started again with these is found again. */
  readonly ports: StackPorts;
  /** Counters, limits and faults of the simulated regions. */
  readonly adminUrl: string;
  readonly requestUnits: (container: string) => { readonly total: number; readonly operations: number };
  readonly stop: () => Promise<void>;
}

const database = 'sluice';

/** Starts the whole stack in this process: Service Bus, Cosmos DB, blob storage and the regions of Azure OpenAI. */
export async function startStack(layout: StackLayout, log: (line: string) => void = () => undefined): Promise<Stack> {
  await mkdir(layout.folder, { recursive: true });
  const files = stackFiles(layout);
  const stops: (() => Promise<void>)[] = [];
  const started = async <Part extends { readonly stop: () => Promise<void> }>(
    starting: Promise<Part>,
  ): Promise<Part> => {
    const part = await starting;
    stops.unshift(part.stop);
    return part;
  };
  const stop = async (): Promise<void> => {
    await Promise.allSettled(stops.map(async (one) => one()));
  };
  try {
    const serviceBus = await started(
      startServiceBus({
        port: layout.ports.serviceBus,
        databasePath: files.serviceBus,
        queues: stackQueues(layout),
        key: localServiceBusKey,
        log,
      }),
    );
    const cosmos = await started(startCosmos({ ...cosmosSettings(layout), databasePath: files.cosmos, log }));
    const storage = await started(startStorage({ port: layout.ports.blob, folder: files.storage, log }));
    const azureOpenAi = await started(
      startAzureOpenAi({
        regions: simulatedRegions(layout),
        adminPort: layout.ports.azureOpenAiAdmin,
        seed: layout.seed,
        databasePath: files.azureOpenAi,
        isInstant: layout.latency === 'instant',
        log,
      }),
    );
    const environment = environmentOf(layout, { serviceBus, cosmos, storage, azureOpenAi });
    const requestUnits = (container: string) => cosmos.requestUnits(database, container);
    const regions: Record<string, number> = {};
    for (const name of Object.keys(layout.ports.regions)) {
      regions[name] = portOf(azureOpenAi.endpoint(name));
    }
    const ports = {
      serviceBus: serviceBus.port,
      cosmos: cosmos.port,
      blob: storage.port,
      azureOpenAiAdmin: portOf(azureOpenAi.adminUrl),
      regions,
    };
    return { environment, ports, adminUrl: azureOpenAi.adminUrl, requestUnits, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function cosmosSettings(layout: StackLayout) {
  const jobPaths = ['/state', '/reason', '/batchId', '/tenant', '/pool', '/createdAt'];
  const byId = { partitionKeyPath: '/id' };
  const containers = [
    { id: 'jobs', ...byId, defaultTtlSeconds: -1, indexedPaths: jobPaths },
    { id: 'buckets', ...byId, indexedPaths: [] },
    { id: 'control', ...byId, indexedPaths: [] },
  ];
  return { port: layout.ports.cosmos, key: localCosmosKey, databases: [{ id: database, containers }] };
}

function environmentOf(
  layout: StackLayout,
  parts: {
    readonly serviceBus: { readonly connectionString: string };
    readonly cosmos: { readonly endpoint: string };
    readonly storage: { readonly connectionString: string };
    readonly azureOpenAi: { readonly endpoint: (region: string) => string };
  },
): Readonly<Record<string, string>> {
  const regions = toldRegions(simulatedRegions(layout), parts.azureOpenAi.endpoint);
  return {
    FUNCTIONS_WORKER_RUNTIME: 'node',
    REGIONS: JSON.stringify(regions),
    ServiceBus: parts.serviceBus.connectionString,
    COSMOS_ENDPOINT: parts.cosmos.endpoint,
    COSMOS_KEY: localCosmosKey,
    COSMOS_DATABASE: database,
    AzureWebJobsStorage: parts.storage.connectionString,
    TRACE_FILE: stackFiles(layout).trace,
  };
}
