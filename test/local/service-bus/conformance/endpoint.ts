import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { ServiceBusClient, type CreateQueueOptions, type ServiceBusAdministrationClient } from '@azure/service-bus';
import { adminClientFor } from '../../../../local/service-bus/admin-client.ts';
import { startServiceBus, type ServiceBus } from '../../../../local/service-bus/start-service-bus.ts';

/**
 * The namespace that the suite runs against: the one whose connection string, with the right to manage, is in
 * `SLUICE_CONFORMANCE_SERVICE_BUS`, else an embedded one of the test file's own, on a free port. Queues are made by the
 * tests, under names of their own, and removed when they are over.
 */
const given = process.env['SLUICE_CONFORMANCE_SERVICE_BUS'] ?? '';

/** True when the suite runs against a namespace that is not the embedded one. */
const isForeignNamespace = given !== '';

/** A reason to skip a test that a hosted namespace shows slowly, at a cost or not at all; false on the embedded one. */
export function skipOnForeignNamespace(reason: string): string | false {
  return isForeignNamespace && reason;
}

let embedded: Promise<ServiceBus> | undefined;
let folder: string | undefined;

after(async () => {
  await (await embedded)?.stop();
  if (folder !== undefined) {
    rmSync(folder, { recursive: true, force: true });
  }
});

export async function connectionString(): Promise<string> {
  if (isForeignNamespace) {
    return given;
  }
  embedded ??= startEmbedded();
  return (await embedded).connectionString;
}

export async function openAdmin(): Promise<ServiceBusAdministrationClient> {
  return adminClientFor(await connectionString());
}

/** A client without retries: a refusal shows at once. It is closed after the test. */
export async function openClient(t: TestContext): Promise<ServiceBusClient> {
  const client = new ServiceBusClient(await connectionString(), {
    retryOptions: { maxRetries: 0, timeoutInMs: 20_000, retryDelayInMs: 50 },
  });
  t.after(async () => client.close());
  return client;
}

/** A queue of the test's own. It is removed after the test. @returns its name */
export async function openQueue(t: TestContext, options: CreateQueueOptions = {}): Promise<string> {
  const name = queueName();
  const admin = await openAdmin();
  await admin.createQueue(name, options);
  t.after(async () => admin.deleteQueue(name));
  return name;
}

/** A name that no other test has. */
export function queueName(): string {
  return `conformance-${randomUUID()}`;
}

async function startEmbedded(): Promise<ServiceBus> {
  folder = mkdtempSync(join(tmpdir(), 'sluice-service-bus-conformance-'));
  return startServiceBus({ port: 0, databasePath: join(folder, 'queues.db'), queues: [], key: 'conformance-key' });
}
