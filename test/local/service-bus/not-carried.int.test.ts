import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceBusFixture } from './service-bus-fixture.ts';

test('topics and subscriptions are refused by name', async (t) => {
  const { client } = await serviceBusFixture(t);

  await assert.rejects(
    client.createReceiver('topic', 'subscription').receiveMessages(1),
    /does not carry topics and subscriptions/,
  );
});
