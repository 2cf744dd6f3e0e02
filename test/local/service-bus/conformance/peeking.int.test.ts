import assert from 'node:assert/strict';
import { test } from 'node:test';
import Long from 'long';
import { bodies, receive, receiveOne, sequenceOf } from '../service-bus-fixture.ts';
import { openClient, openQueue } from './endpoint.ts';

const farAway = new Date(Date.now() + 3_600_000_000);

test('peek shows active, locked, deferred and scheduled messages with their states, and locks none', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);
  await sender.sendMessages([{ body: 'deferred' }, { body: 'locked' }, { body: 'active' }]);
  await sender.scheduleMessages({ body: 'scheduled' }, farAway);
  const receiver = client.createReceiver(queue);
  await receiver.deferMessage(await receiveOne(receiver));
  await receiveOne(receiver);

  const peeked = await receiver.peekMessages(10);

  assert.deepEqual(
    peeked.map(({ body, state }): unknown[] => [body, state]),
    [
      ['deferred', 'deferred'],
      ['locked', 'active'],
      ['active', 'active'],
      ['scheduled', 'scheduled'],
    ],
  );
  assert.equal(peeked[2]?.lockToken, undefined);
  assert.equal((await receiveOne(receiver)).body, 'active');
});

test('peek goes on from where it got to, or from a sequence number, and ends empty', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages(Array.from({ length: 5 }, (_, body) => ({ body })));
  const receiver = client.createReceiver(queue);

  assert.deepEqual(bodies(await receiver.peekMessages(2)), [0, 1]);
  const rest = await receiver.peekMessages(9);
  const last = rest[2]?.sequenceNumber ?? Long.ZERO;

  assert.deepEqual(bodies(rest), [2, 3, 4]);
  assert.deepEqual(bodies(await receiver.peekMessages(9, { fromSequenceNumber: last })), [4]);
  assert.deepEqual(await receiver.peekMessages(9, { fromSequenceNumber: last.add(1) }), []);
});

test('a peek from a number between two messages begins with the next', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages([{ body: 'a' }, { body: 'b' }, { body: 'c' }]);
  const receiver = client.createReceiver(queue);
  const [, second] = await receive(receiver, 2);
  assert.ok(second !== undefined);
  await receiver.completeMessage(second);

  const peeked = await receiver.peekMessages(9, { fromSequenceNumber: second.sequenceNumber ?? Long.ZERO });

  assert.deepEqual(bodies(peeked), ['c']);
});

test('peeks of more bytes than one answer carries go on with the next', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);
  for (let sent = 0; sent < 12; sent += 1) {
    await sender.sendMessages({ body: Buffer.alloc(250_000), messageId: String(sent) });
  }
  const receiver = client.createReceiver(queue);
  const ids: unknown[] = [];

  for (let more = await receiver.peekMessages(100); more.length > 0; more = await receiver.peekMessages(100)) {
    ids.push(...more.map(({ messageId }) => messageId));
  }

  assert.deepEqual(
    ids,
    Array.from({ length: 12 }, (_, index) => String(index)),
  );
});

test('the dead-letter queue is peeked apart from its queue', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  await client.createSender(queue).sendMessages([{ body: 'dead' }, { body: 'alive' }]);
  const receiver = client.createReceiver(queue);
  await receiver.deadLetterMessage(await receiveOne(receiver), {
    deadLetterReason: 'r',
    deadLetterErrorDescription: 'd',
  });

  const dead = await client.createReceiver(queue, { subQueueType: 'deadLetter' }).peekMessages(10);

  assert.deepEqual(bodies(dead), ['dead']);
  assert.equal(dead[0]?.deadLetterReason, 'r');
  assert.deepEqual(bodies(await receiver.peekMessages(10)), ['alive']);
});

test('a scheduled message is delivered at its time, not before, under a new sequence number', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);
  await sender.sendMessages({ body: 'now' });
  const due = Date.now() + 1000;

  const [sequence] = await sender.scheduleMessages([{ body: 'later' }], new Date(due));
  const [now, later] = await receive(client.createReceiver(queue), 2);

  assert.equal(now?.body, 'now');
  assert.equal(later?.body, 'later');
  assert.ok((later?.enqueuedTimeUtc?.getTime() ?? 0) >= Math.floor(due / 1000) * 1000);
  assert.ok(later !== undefined && sequenceOf(later) > (sequence?.toNumber() ?? Number.POSITIVE_INFINITY));
});

test('a send with a scheduled time is scheduled, and one with a past time is delivered', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];

  await client.createSender(queue).sendMessages([
    { body: 'far', scheduledEnqueueTimeUtc: farAway },
    { body: 'past', scheduledEnqueueTimeUtc: new Date(0) },
  ]);
  const receiver = client.createReceiver(queue);

  assert.equal((await receiveOne(receiver)).body, 'past');
  const scheduled = (await receiver.peekMessages(10)).filter(({ state }) => state === 'scheduled');
  assert.deepEqual(bodies(scheduled), ['far']);
});

test('a cancelled message never comes, and cancelling it again is MessageNotFound', async (t) => {
  const [client, queue] = [await openClient(t), await openQueue(t)];
  const sender = client.createSender(queue);
  const sequences = await sender.scheduleMessages([{ body: 'a' }, { body: 'b' }, { body: 'c' }], farAway);

  await sender.cancelScheduledMessages(sequences.slice(0, 2));

  await assert.rejects(sender.cancelScheduledMessages(sequences[0] ?? []), { code: 'MessageNotFound' });
  assert.deepEqual(bodies(await client.createReceiver(queue).peekMessages(10)), ['c']);
});
