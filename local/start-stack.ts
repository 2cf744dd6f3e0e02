import { mkdir } from 'node:fs/promises';
import { stackRoutes, type AdministeredStack, type StackFaults } from './admin/stack-routes.ts';
import { ModelFaults } from './azure-openai/faults/model-faults.ts';
import { startAzureOpenAi, type AzureOpenAi } from './azure-openai/start-azure-openai.ts';
import { CosmosFaults } from './cosmos/cosmos-faults.ts';
import type { CosmosSettings } from './cosmos/cosmos-settings.ts';
import { startCosmos, type Cosmos } from './cosmos/start-cosmos.ts';
import { HeldPart } from './parts/held-part.ts';
import { PartSwitch } from './parts/part-switch.ts';
import { ServiceBusFaults } from './service-bus/service-bus-faults.ts';
import { startServiceBus, type ServiceBus } from './service-bus/start-service-bus.ts';
import { stackConnections } from './stack-connections.ts';
import {
  localApiKey,
  localCosmosKey,
  localServiceBusKey,
  simulatedRegions,
  stackFiles,
  type StackLayout,
  type StackPorts,
  stackQueues,
} from './stack-layout.ts';
import { startStorage, type Storage } from './storage/start-storage.ts';
import { type KeptCertificate, openCertificate } from './tls/open-certificate.ts';
import { toldRegions } from './told-regions.ts';

export interface Stack {
  /** The settings with which the app finds the stack, as `Values` of a local.settings.json. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same for any application, by the names that the SDKs and their samples use. */
  readonly connections: Readonly<Record<string, string>>;
  /** Where the parts listen: a stack that is started again with these is found again. */
  readonly ports: StackPorts;
  /** Counters and limits of the simulated regions, and the faults of every part: `GET /admin` lists what it takes. */
  readonly adminUrl: string;
  /** For clients that speak TLS to Service Bus: they trust it with this file in `NODE_EXTRA_CA_CERTS`. */
  readonly certificateFile: string;
  /** What the operations on a container have cost since Cosmos DB was last started; nothing while it is down. */
  readonly requestUnits: (container: string) => { readonly total: number; readonly operations: number };
  readonly stop: () => Promise<void>;
}

const database = 'sluice';

/** Starts the whole stack in this process: Service Bus, Cosmos DB, blob storage and the regions of Azure OpenAI. */
export async function startStack(layout: StackLayout, log: (line: string) => void = () => undefined): Promise<Stack> {
  await mkdir(layout.folder, { recursive: true });
  const faults = stackFaults(layout.seed);
  const certificate = openCertificate(layout.folder);
  const held = holdParts({ layout, faults, certificate, log });
  const parts = new Map<string, PartSwitch>([
    ['service-bus', new PartSwitch(held.serviceBus)],
    ['cosmos', new PartSwitch(held.cosmos)],
    ['blob', new PartSwitch(held.storage)],
  ]);
  let stopRegions: () => Promise<void> = async () => undefined;
  const stop = async (): Promise<void> => {
    await Promise.allSettled([...[...parts.values()].map(async (part) => part.end()), stopRegions()]);
  };
  try {
    const serviceBus = await held.serviceBus.open();
    const cosmos = await held.cosmos.open();
    const storage = await held.storage.open();
    const stack = {
      ...declared(layout),
      faults,
      parts,
      serviceBus: () => held.serviceBus.part,
      cosmos: () => held.cosmos.part,
    };
    const azureOpenAi = await startAzureOpenAi({
      regions: simulatedRegions(layout),
      adminPort: layout.ports.azureOpenAiAdmin,
      seed: layout.seed,
      databasePath: stackFiles(layout).azureOpenAi,
      isInstant: layout.latency === 'instant',
      adminRoutes: stackRoutes(stack),
      faults: faults.azureOpenAi,
      log,
    });
    stopRegions = azureOpenAi.stop;
    for (const name of Object.keys(layout.ports.regions)) {
      parts.set(name, new PartSwitch(azureOpenAi.regionSwitch(name)));
    }
    const running = { serviceBus, cosmos, storage, azureOpenAi };
    const { certificateFile } = certificate;
    return {
      environment: environmentOf(layout, running),
      connections: connectionsOf(layout, running, certificateFile),
      ports: portsOf(layout, running),
      adminUrl: azureOpenAi.adminUrl,
      certificateFile,
      requestUnits: (container) => held.cosmos.part?.requestUnits(database, container) ?? { total: 0, operations: 0 },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function stackFaults(seed: number): StackFaults {
  return {
    cosmos: new CosmosFaults(seed),
    serviceBus: new ServiceBusFaults(seed),
    azureOpenAi: new ModelFaults(seed),
  };
}

/** The parts that are started again from their files. What goes wrong in them goes on. */
function holdParts(start: {
  readonly layout: StackLayout;
  readonly faults: StackFaults;
  readonly certificate: KeptCertificate;
  readonly log: (line: string) => void;
}) {
  const { certificate, faults, layout, log } = start;
  const files = stackFiles(layout);
  const queues = stackQueues(layout);
  const databasePath = files.serviceBus;
  const bus = { databasePath, queues, key: localServiceBusKey, certificate, faults: faults.serviceBus, log };
  const account = {
    ...cosmosSettings(layout),
    databasePath: files.cosmos,
    certificate,
    faults: faults.cosmos,
    log,
  };
  return {
    serviceBus: new HeldPart(layout.ports.serviceBus, async (port) => startServiceBus({ ...bus, port })),
    cosmos: new HeldPart(layout.ports.cosmos, async (port) => startCosmos({ ...account, port })),
    storage: new HeldPart(layout.ports.blob, async (port) => startStorage({ port, folder: files.storage, log })),
  };
}

function declared(layout: StackLayout): Pick<AdministeredStack, 'seed' | 'containers' | 'queues'> {
  const containers = cosmosSettings(layout).databases.flatMap((one) => one.containers.map(({ id }) => id));
  return { seed: layout.seed, containers, queues: stackQueues(layout).map(({ name }) => name) };
}

interface RunningParts {
  readonly serviceBus: ServiceBus;
  readonly cosmos: Cosmos;
  readonly storage: Storage;
  readonly azureOpenAi: AzureOpenAi;
}

function portsOf(layout: StackLayout, { serviceBus, cosmos, storage, azureOpenAi }: RunningParts): StackPorts {
  const regions = Object.keys(layout.ports.regions).map((name) => [name, portOf(azureOpenAi.endpoint(name))] as const);
  return {
    serviceBus: serviceBus.port,
    cosmos: cosmos.port,
    blob: storage.port,
    azureOpenAiAdmin: portOf(azureOpenAi.adminUrl),
    regions: Object.fromEntries(regions),
  };
}

function connectionsOf(layout: StackLayout, parts: RunningParts, certificateFile: string) {
  return stackConnections({
    ...parts,
    cosmos: { ...parts.cosmos, key: localCosmosKey },
    azureOpenAi: { ...parts.azureOpenAi, key: localApiKey, regions: Object.keys(layout.ports.regions) },
    certificateFile,
  });
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function cosmosSettings(layout: StackLayout): Pick<CosmosSettings, 'key' | 'databases'> {
  const jobPaths = ['/state', '/reason', '/batchId', '/tenant', '/pool', '/createdAt'];
  const byId = { partitionKeyPath: '/id' };
  const containers = [
    { id: 'jobs', ...byId, defaultTtlSeconds: -1, indexedPaths: jobPaths },
    { id: 'buckets', ...byId, indexedPaths: [] },
    { id: 'control', ...byId, indexedPaths: [] },
  ];
  return { key: localCosmosKey, databases: layout.databases ?? [{ id: database, containers }] };
}

function environmentOf(layout: StackLayout, parts: RunningParts): Readonly<Record<string, string>> {
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
