import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { receiveOne } from '../service-bus-fixture.ts';
import { openClient, openQueue } from './endpoint.ts';

/** The shortest lock that the service gives. What waits for its end waits together. */
const lockDuration = 'PT5S';
const unrenewed = { maxAutoLockRenewalDurationInMs: 0 } as const;

describe('locks that end', { concurrency: true }, () => {
  test('a lock that runs out delivers the message again, then dead-letters it at the maximum', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { lockDuration, maxDeliveryCount: 2 })];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue, unrenewed);

    const first = await receiveOne(receiver);
    const second = await receiveOne(receiver);
    const dead = await receiveOne(client.createReceiver(queue, { subQueueType: 'deadLetter' }));

    assert.deepEqual([first.deliveryCount, second.deliveryCount], [0, 1]);
    assert.notEqual(first.lockToken, second.lockToken);
    assert.equal(dead.deadLetterReason, 'MaxDeliveryCountExceeded');
  });

  test('settling or renewing after the lock ran out is MessageLockLost', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { lockDuration })];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue, unrenewed);
    const stale = await receiveOne(receiver);
    const fresh = await receiveOne(receiver);

    await assert.rejects(receiver.renewMessageLock(stale), { code: 'MessageLockLost' });
    await assert.rejects(receiver.completeMessage(stale), { code: 'MessageLockLost' });
    await receiver.completeMessage(fresh);

    assert.deepEqual(await receiver.peekMessages(1), []);
  });

  test('a renewed lock holds until its new end', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { lockDuration })];
    await client.createSender(queue).sendMessages({ body: 1 });
    const receiver = client.createReceiver(queue, unrenewed);
    const first = await receiveOne(receiver);
    const firstEnd = first.lockedUntilUtc?.getTime() ?? 0;

    const renewedEnd = (await receiver.renewMessageLock(first)).getTime();
    const second = await receiveOne(receiver);

    assert.ok(renewedEnd > firstEnd);
    assert.ok((second.lockedUntilUtc?.getTime() ?? 0) - 5000 >= renewedEnd);
  });

  test('a deferred message whose lock ran out is deferred again', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { lockDuration })];
    await client.createSender(queue).sendMessages([{ body: 'aside' }, { body: 'marks the time' }]);
    const receiver = client.createReceiver(queue, unrenewed);
    const message = await receiveOne(receiver);
    await receiver.deferMessage(message);
    const sequence = message.sequenceNumber ?? [];
    const [stale] = await receiver.receiveDeferredMessages(sequence);
    assert.ok(stale !== undefined);
    await receiveOne(receiver);

    // The other message was locked later: when it comes back, the lock of the deferred one has ended.
    await receiveOne(receiver);
    const [again] = await receiver.receiveDeferredMessages(sequence);

    assert.equal(again?.body, 'aside');
    await assert.rejects(receiver.completeMessage(stale), { code: 'MessageLockLost' });
  });

  test('a session whose lock ran out is taken away, and its messages count as delivered', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { lockDuration, requiresSession: true })];
    await client.createSender(queue).sendMessages({ body: 1, sessionId: 'a' });
    const first = await client.acceptSession(queue, 'a', unrenewed);
    const stale = await receiveOne(first);

    const second = await client.acceptNextSession(queue);
    const again = await receiveOne(second);

    assert.equal(second.sessionId, 'a');
    assert.equal(again.deliveryCount, 1);
    await assert.rejects(first.completeMessage(stale), { code: 'SessionLockLost' });
    await assert.rejects(first.renewSessionLock());
    await second.completeMessage(again);
  });

  test('a session that is renewed stays with its receiver beyond its first end', async (t) => {
    const [client, queue] = [await openClient(t), await openQueue(t, { lockDuration, requiresSession: true })];
    await client.createSender(queue).sendMessages({ body: 1, sessionId: 'a' });
    const session = await client.acceptSession(queue, 'a');
    const firstEnd = session.sessionLockedUntilUtc.getTime();
    const message = await receiveOne(session);

    // Nothing comes: this waits a little longer than the first lock.
    await session.receiveMessages(1, { maxWaitTimeInMs: 6000 });
    await session.completeMessage(message);

    assert.ok(session.sessionLockedUntilUtc.getTime() > firstEnd);
    assert.deepEqual(await session.peekMessages(1), []);
  });
});
