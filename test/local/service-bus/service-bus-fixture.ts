import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ServiceBusClient, type ServiceBusReceivedMessage, type ServiceBusReceiver } from '@azure/service-bus';
import type { QueueSettings } from '../../../local/service-bus/queues/queue-settings.ts';
import { startServiceBus, type ServiceBus } from '../../../local/service-bus/start-service-bus.ts';

export interface ServiceBusFixture {
  readonly bus: ServiceBus;
  readonly client: ServiceBusClient;
  /** What the service logged. */
  readonly log: readonly string[];
  /** Opens one more client, with the service's own connection string if no other is given. */
  readonly connect: (connectionString?: string) => ServiceBusClient;
}

/** A folder that goes when the test ends, for a database. */
export function temporaryDatabase(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-service-bus-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return join(folder, 'queues.db');
}

/**
 * A client without retries: a refusal shows at once. The caller closes it before the service goes. What is in flight when
 * the service is killed keeps a timer for `timeoutInMs`.
 */
export function openClient(connectionString: string, timeoutInMs = 20_000): ServiceBusClient {
  return new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs, retryDelayInMs: 50 } });
}

/**
 * A running service with one client. Clients are closed before the service stops: the SDK's `close` never ends when its
 * connection is lost at the same moment.
 */
export async function serviceBusFixture(
  t: TestContext,
  queues: readonly QueueSettings[] = [{ name: 'jobs' }],
): Promise<ServiceBusFixture> {
  const databasePath = temporaryDatabase(t);
  const log: string[] = [];
  const bus = await startServiceBus({ port: 0, databasePath, queues, key: 'test-key', log: (line) => log.push(line) });
  const clients: ServiceBusClient[] = [];
  const connect = (connectionString = bus.connectionString): ServiceBusClient => {
    const client = openClient(connectionString);
    clients.push(client);
    return client;
  };
  t.after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await bus.stop();
  });
  return { bus, log, client: connect(), connect };
}

/** Receives until there are as many as asked for, or none comes for ten seconds. */
export async function receive(receiver: ServiceBusReceiver, count: number): Promise<ServiceBusReceivedMessage[]> {
  const messages: ServiceBusReceivedMessage[] = [];
  while (messages.length < count) {
    const more = await receiver.receiveMessages(count - messages.length, { maxWaitTimeInMs: 10_000 });
    if (more.length === 0) {
      throw new Error(`Received ${messages.length} of ${count} messages.`);
    }
    messages.push(...more);
  }
  return messages;
}

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receive(receiver, 1);
  if (message === undefined) {
    throw new Error('Received nothing.');
  }
  return message;
}

export function bodies(messages: readonly ServiceBusReceivedMessage[]): unknown[] {
  return messages.map((message): unknown => message.body);
}

export function sequenceOf(message: ServiceBusReceivedMessage): number {
  return message.sequenceNumber?.toNumber() ?? Number.NaN;
}
