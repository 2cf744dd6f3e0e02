import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodies, receive, serviceBusFixture } from './service-bus-fixture.ts';

const farAway = new Date(Date.UTC(2999, 0, 1));

test('messages due together are delivered in the order of their due times', async (t) => {
  const { client } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  const due = Date.now() + 2000;

  await sender.scheduleMessages([{ body: 'third' }], new Date(due + 2));
  await sender.scheduleMessages([{ body: 'first' }, { body: 'second' }], new Date(due));
  const messages = await receive(client.createReceiver('jobs'), 3);

  assert.deepEqual(bodies(messages), ['first', 'second', 'third']);
});

test('an oversized scheduled message is MessageSizeExceeded', async (t) => {
  const { client } = await serviceBusFixture(t);

  await assert.rejects(client.createSender('jobs').scheduleMessages({ body: Buffer.alloc(262_145) }, farAway), {
    code: 'MessageSizeExceeded',
  });
});
