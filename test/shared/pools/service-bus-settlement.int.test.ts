import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { startServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import type { ReceivedMessage } from '../../../shared/pools/job-queue.ts';
import { serviceBusJobQueue } from '../../../shared/pools/service-bus-job-queue.ts';

const kinds = ['done', 'back', 'dead'] as const;

test('J2: messages that are settled in the same instant each get their own outcome', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-settlement-'));
  const bus = await startServiceBus({
    port: 0,
    databasePath: join(folder, 'bus.sqlite'),
    queues: [{ name: 'jobs', lockDurationMs: 30_000 }],
    key: 'a2V5',
  });
  const queue = serviceBusJobQueue(new ServiceBusClient(bus.connectionString));
  const reader = new ServiceBusClient(bus.connectionString);
  t.after(async () => {
    await Promise.all([queue.close(), reader.close()]);
    await bus.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const names = Array.from(
    { length: 300 },
    (_, index) => `${kinds[(index * index + (index >> 2)) % kinds.length]}-${index}`,
  );
  const ofKind = (kind: string): readonly string[] => names.filter((name) => name.startsWith(kind)).toSorted();
  await queue.send(
    'jobs',
    names.map((name) => ({ messageId: name, text: '{}', epoch: 0, traceparent: undefined })),
  );
  const messages: ReceivedMessage[] = [];
  while (messages.length < names.length) {
    messages.push(...(await queue.receive('jobs', names.length, 5000)));
  }

  const outcomes = await Promise.all(messages.map(async (message) => settleByName(message)));

  assert.deepEqual(
    outcomes,
    names.map(() => 'settled'),
  );
  const left = await reader.createReceiver('jobs').peekMessages(300);
  const dead = await reader.createReceiver('jobs', { subQueueType: 'deadLetter' }).peekMessages(300);
  assert.deepEqual(left.map((message) => String(message.messageId)).toSorted(), ofKind('back'));
  assert.deepEqual(dead.map((message) => String(message.messageId)).toSorted(), ofKind('dead'));
  for (const message of dead) {
    assert.equal(message.deadLetterErrorDescription, `why ${String(message.messageId)}`);
  }
});

async function settleByName(message: ReceivedMessage): Promise<unknown> {
  const name = message.messageId ?? '';
  if (name.startsWith('done')) {
    return message.complete();
  }
  return name.startsWith('back')
    ? message.abandon()
    : message.deadLetter({ reason: 'InvalidJob', description: `why ${name}`, figures: {} });
}
