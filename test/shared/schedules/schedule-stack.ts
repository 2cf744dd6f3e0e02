import { CosmosClient } from '@azure/cosmos';
import { ServiceBusClient } from '@azure/service-bus';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCosmos } from '../../../local/cosmos/start-cosmos.ts';
import { type ServiceBus, startServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import { cosmosJobStore } from '../../../shared/jobs/cosmos-job-store.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { JobQueue } from '../../../shared/pools/job-queue.ts';
import { serviceBusJobQueue } from '../../../shared/pools/service-bus-job-queue.ts';
import { memoryPayloadStore } from '../../fakes/memory-payload-store.ts';

/** The embedded Service Bus and Cosmos DB, and the app's own adapters over the real SDKs. */
export interface ScheduleStack {
  readonly bus: ServiceBus;
  readonly queue: JobQueue;
  readonly jobs: JobStore;
  readonly payloads: ReturnType<typeof memoryPayloadStore>;
  readonly stop: () => Promise<void>;
}

const key = Buffer.from('a key of the embedded account'.padEnd(64, '.')).toString('base64');

/** One stack for all schedules; each of those that run side by side has a queue of its own. */
export async function startScheduleStack(queues: readonly string[]): Promise<ScheduleStack> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-schedules-'));
  const bus = await startServiceBus({
    port: 0,
    databasePath: join(folder, 'queues.db'),
    queues: queues.map((name) => ({ name, duplicateDetectionWindowMs: 600_000 })),
    key: 'test-key',
  });
  const container = { id: 'jobs', partitionKeyPath: '/id', defaultTtlSeconds: -1 };
  const cosmos = await startCosmos({
    port: 0,
    databasePath: join(folder, 'cosmos.db'),
    key,
    databases: [{ id: 'app', containers: [container] }],
  });
  const documents = new CosmosClient({ endpoint: cosmos.endpoint, key });
  const queue = serviceBusJobQueue(new ServiceBusClient(bus.connectionString));
  return {
    bus,
    queue,
    jobs: cosmosJobStore(documents.database('app').container('jobs')),
    payloads: memoryPayloadStore(),
    stop: async () => {
      // Clients go first: the SDK's `close` never ends when its connection is lost at the same moment.
      await queue.close();
      documents.dispose();
      await Promise.all([bus.stop(), cosmos.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
