import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, receive, receiveOne, sequenceOf, serviceBusFixture } from './service-bus-fixture.ts';

const farAway = new Date(Date.UTC(2999, 0, 1));

test('a scheduled message is delivered at its time, not before, under a new sequence number', async (t) => {
  const { client } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  await sender.sendMessages({ body: 'now' });
  const due = Date.now() + 500;

  const [sequence] = await sender.scheduleMessages([{ body: 'later' }], new Date(due));
  const [now, later] = await receive(client.createReceiver('jobs'), 2);

  assert.equal(now?.body, 'now');
  assert.equal(later?.body, 'later');
  assert.ok((later?.enqueuedTimeUtc?.getTime() ?? 0) >= due);
  assert.equal(later?.state, 'scheduled');
  assert.equal(sequence?.toNumber(), 2);
  assert.equal(later === undefined ? 0 : sequenceOf(later), 3);
});

test('a send with a scheduled time is scheduled, and one with a past time is delivered', async (t) => {
  const { client, bus } = await serviceBusFixture(t);

  await client.createSender('jobs').sendMessages([
    { body: 'far', scheduledEnqueueTimeUtc: farAway },
    { body: 'past', scheduledEnqueueTimeUtc: new Date(0) },
  ]);

  assert.deepEqual(bus.counts('jobs'), { active: 1, locked: 0, scheduled: 1, deferred: 0, deadLettered: 0 });
  assert.equal((await receiveOne(client.createReceiver('jobs'))).body, 'past');
});

test('messages due together are delivered in the order of their due times', async (t) => {
  const { client } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  const due = Date.now() + 2000;

  await sender.scheduleMessages([{ body: 'third' }], new Date(due + 2));
  await sender.scheduleMessages([{ body: 'first' }, { body: 'second' }], new Date(due));
  const messages = await receive(client.createReceiver('jobs'), 3);

  assert.deepEqual(bodies(messages), ['first', 'second', 'third']);
});

test('a cancelled message never comes, and cancelling it again is MessageNotFound', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  const sequences = await sender.scheduleMessages([{ body: 'a' }, { body: 'b' }, { body: 'c' }], farAway);

  await sender.cancelScheduledMessages(sequences.slice(0, 2));

  assert.equal(bus.counts('jobs').scheduled, 1);
  await assert.rejects(sender.cancelScheduledMessages(sequences), { code: 'MessageNotFound' });
  assert.deepEqual(bodies(await client.createReceiver('jobs').peekMessages(10)), ['c']);
});

test('an oversized scheduled message is MessageSizeExceeded', async (t) => {
  const { client } = await serviceBusFixture(t);

  await assert.rejects(client.createSender('jobs').scheduleMessages({ body: Buffer.alloc(262_145) }, farAway), {
    code: 'MessageSizeExceeded',
  });
});

test('peek shows active, locked and scheduled messages and locks none', async (t) => {
  const { client, bus } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  await sender.sendMessages([{ body: 'locked' }, { body: 'active' }]);
  await sender.scheduleMessages({ body: 'scheduled' }, farAway);
  const receiver = client.createReceiver('jobs');
  await receiveOne(receiver);

  const peeked = await receiver.peekMessages(10);

  assert.deepEqual(bodies(peeked), ['locked', 'active', 'scheduled']);
  assert.deepEqual(
    peeked.map(({ state }) => state),
    ['active', 'active', 'scheduled'],
  );
  assert.equal(peeked[1]?.lockToken, undefined);
  assert.equal(bus.counts('jobs').locked, 1);
});

test('peek goes on from where it got to, or from a sequence number, and ends empty', async (t) => {
  const { client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages(Array.from({ length: 5 }, (_, body) => ({ body })));
  const receiver = client.createReceiver('jobs');

  assert.deepEqual(bodies(await receiver.peekMessages(2)), [0, 1]);
  const rest = await receiver.peekMessages(9);
  const last = rest[2]?.sequenceNumber;
  assert.ok(last !== undefined);

  assert.deepEqual(bodies(rest), [2, 3, 4]);
  assert.deepEqual(bodies(await receiver.peekMessages(9, { fromSequenceNumber: last })), [4]);
  assert.deepEqual(await receiver.peekMessages(9, { fromSequenceNumber: last.add(1) }), []);
});

test('a peek of more bytes than one answer carries goes on with the next', async (t) => {
  const { client } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  for (let sent = 0; sent < 12; sent += 1) {
    await sender.sendMessages({ body: Buffer.alloc(250_000), messageId: String(sent) });
  }
  const receiver = client.createReceiver('jobs');
  const ids: unknown[] = [];

  for (let more = await receiver.peekMessages(100); more.length > 0; more = await receiver.peekMessages(100)) {
    ids.push(...more.map(({ messageId }) => messageId));
  }

  assert.deepEqual(
    ids,
    Array.from({ length: 12 }, (_, index) => String(index)),
  );
});

test('the dead-letter queue can be peeked', async (t) => {
  const { client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages([{ body: 'dead' }, { body: 'alive' }]);
  const receiver = client.createReceiver('jobs');
  await receiver.deadLetterMessage(await receiveOne(receiver), {
    deadLetterReason: 'r',
    deadLetterErrorDescription: 'd',
  });

  const dead = await client.createReceiver('jobs', { subQueueType: 'deadLetter' }).peekMessages(10);

  assert.deepEqual(bodies(dead), ['dead']);
  assert.equal(dead[0]?.deadLetterReason, 'r');
  assert.deepEqual(bodies(await receiver.peekMessages(10)), ['alive']);
});
