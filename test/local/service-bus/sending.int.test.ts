import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiveOne, serviceBusFixture } from './service-bus-fixture.ts';

test('lockedUntilUtc is the lock duration of the queue away from the delivery', async (t) => {
  const { client } = await serviceBusFixture(t, [{ name: 'jobs', lockDurationMs: 300_000 }]);
  await client.createSender('jobs').sendMessages({ body: 1 });

  const before = Date.now();
  const message = await receiveOne(client.createReceiver('jobs'));

  const lockedUntil = message.lockedUntilUtc?.getTime() ?? 0;
  assert.ok(lockedUntil >= before + 300_000 && lockedUntil <= Date.now() + 300_000);
});

test('the same message id is taken again when the window is over, and always without a window', async (t) => {
  const { client, bus } = await serviceBusFixture(t, [
    { name: 'short', duplicateDetectionWindowMs: 1 },
    { name: 'without' },
  ]);
  const short = client.createSender('short');
  const without = client.createSender('without');

  await without.sendMessages([
    { body: 1, messageId: 'a' },
    { body: 2, messageId: 'a' },
  ]);
  await short.sendMessages({ body: 1, messageId: 'a' });
  const receiver = client.createReceiver('short');
  await receiver.completeMessage(await receiveOne(receiver));
  await short.sendMessages({ body: 2, messageId: 'a' });

  assert.equal(bus.counts('without').active, 2);
  assert.equal((await receiveOne(receiver)).body, 2);
});
