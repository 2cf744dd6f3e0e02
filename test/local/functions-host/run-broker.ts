import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export interface Broker {
  readonly connectionString: string;
  readonly port: number;
  readonly kill: () => Promise<void>;
}

export const brokerLockMs = 3000;
const brokerReady = z.object({ connectionString: z.string(), port: z.number() });

/** A Service Bus in a process of its own, so that it can be killed under a running host. */
export async function startBroker(
  context: TestContext,
  { folder, port, lockMs = brokerLockMs }: { folder: string; port: number; lockMs?: number },
): Promise<Broker> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(import.meta.resolve('./broker-process.ts')),
      join(folder, 'bus.sqlite'),
      String(port),
      String(lockMs),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  context.after(kill);
  for await (const line of createInterface({ input: child.stdout })) {
    return { ...brokerReady.parse(JSON.parse(line)), kill };
  }
  throw new Error('The broker process ended before it was ready.');
}

export async function send(broker: Broker, messages: ServiceBusMessage[], queue = 'work'): Promise<void> {
  const client = new ServiceBusClient(broker.connectionString);
  try {
    await client.createSender(queue).sendMessages(messages);
  } finally {
    await client.close();
  }
}

/** The number of messages that wait or are locked. */
export async function remaining(broker: Broker, queue = 'work'): Promise<number> {
  const client = new ServiceBusClient(broker.connectionString);
  try {
    return (await client.createReceiver(queue).peekMessages(100)).length;
  } finally {
    await client.close();
  }
}
