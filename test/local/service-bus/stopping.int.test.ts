import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Consumer } from '../../../local/service-bus/connections/consumer.ts';
import { parseMessage } from '../../../local/service-bus/amqp/message-sections.ts';
import { QueueEngine } from '../../../local/service-bus/queues/queue-engine.ts';
import { QueueStore } from '../../../local/service-bus/queues/queue-store.ts';
import { startServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import { openClient, temporaryDatabase } from './service-bus-fixture.ts';

/** Two rounds of the event loop: whatever was scheduled before has run then. */
async function roundsOfTheLoop(): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test('nothing is written after the engine was closed, whatever its last turn set off', async (t) => {
  const store = new QueueStore(temporaryDatabase(t));
  const failures: unknown[] = [];
  const queues = [{ name: 'jobs' }];
  const engine = new QueueEngine({ store, queues, now: () => 0, onFailure: (error) => failures.push(error) });
  const entity = engine.find('jobs', false);
  assert.ok(entity !== undefined);
  const one = parseMessage(Buffer.from([0x00, 0x53, 0x75, 0xa0, 1, 0x61]));
  const delivered: unknown[] = [];
  // It has gone when its message comes, so that the message is given back: more work, from inside of the last turn.
  const gone: Consumer = {
    presettled: false,
    hold: undefined,
    draining: false,
    capacity: () => 1,
    reserve: () => undefined,
    deliver: (delivery) => {
      delivered.push(delivery);
      engine.enqueue(entity, [one], () => delivered.push('stored after the end'));
      return false;
    },
    answerDrain: () => undefined,
  };
  engine.attach(entity, gone);
  engine.enqueue(entity, [one], () => undefined);

  engine.close();
  store.close();
  const atTheEnd = [...delivered];
  engine.enqueue(entity, [one], () => delivered.push('stored after the end'));
  await roundsOfTheLoop();

  assert.ok(atTheEnd.length > 0);
  assert.deepEqual(delivered, atTheEnd);
  assert.deepEqual(failures, []);
});

test('stopped and started again in the midst of sends and settlements, it loses nothing that was confirmed', async (t) => {
  const databasePath = temporaryDatabase(t);
  const settings = { databasePath, queues: [{ name: 'jobs', lockDurationMs: 300_000 }], key: 'test-key' };
  let bus = await startServiceBus({ ...settings, port: 0 });
  t.after(async () => bus.stop());
  let confirmed = 0;
  let completed = 0;

  for (let restart = 0; restart < 5; restart += 1) {
    const client = openClient(bus.connectionString, 1000);
    const enough = Promise.withResolvers<undefined>();
    const lanes = Array.from({ length: 4 }, async () => {
      const sender = client.createSender('jobs');
      for (let sent = 0; ; sent += 1) {
        await sender.sendMessages([{ body: 'a' }, { body: 'b' }]);
        confirmed += 2;
        if (sent === 20) {
          enough.resolve(undefined);
        }
      }
    });
    const receiver = client.createReceiver('jobs', { maxAutoLockRenewalDurationInMs: 0 });
    receiver.subscribe(
      {
        processMessage: async (message) => {
          await receiver.completeMessage(message);
          completed += 1;
        },
        processError: async () => undefined,
      },
      { autoCompleteMessages: false, maxConcurrentCalls: 20 },
    );
    await enough.promise;
    await bus.stop();
    await roundsOfTheLoop();
    bus = await startServiceBus({ ...settings, port: bus.port });
    await Promise.allSettled(lanes);
    await client.close();
  }

  const { active, locked } = bus.counts('jobs');
  // What is there beyond that was stored, or completed, without the client hearing of it.
  assert.ok(confirmed > 0);
  assert.ok(
    active + locked + completed >= confirmed - 2 * 20 * 5,
    `${active} + ${locked} + ${completed} of ${confirmed}`,
  );
});
