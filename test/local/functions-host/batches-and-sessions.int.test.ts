import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { z } from 'zod';
import { remaining, send, startBroker, type Broker } from './run-broker.ts';
import { startHost, temporaryFolder, type FixtureEvent } from './run-host.ts';

async function broker(context: TestContext): Promise<Broker> {
  return startBroker(context, { folder: await temporaryFolder(context), port: 0, lockMs: 30_000 });
}

interface Asked {
  readonly mode: 'queue' | 'batches';
  readonly queue?: 'work' | 'sessions';
  readonly settings?: Record<string, string>;
}

async function queueHost(context: TestContext, bus: Broker, { mode, queue = 'work', settings = {} }: Asked) {
  const sessions = queue === 'sessions' ? { FIXTURE_SESSIONS: 'yes' } : {};
  const values = { ServiceBus: bus.connectionString, QueueName: queue, ...sessions, ...settings };
  return startHost(context, { mode, settings: values });
}

function named(events: readonly FixtureEvent[], name: string): readonly FixtureEvent[] {
  return events.filter(({ event }) => event === name);
}

function handled(events: readonly FixtureEvent[]): number {
  return named(events, 'handled').reduce((sum, { count }) => sum + Number(count ?? 1), 0);
}

const batchSize = { AzureFunctionsJobHost__extensions__serviceBus__maxMessageBatchSize: '4' };
const texts = z.array(z.string());

describe('Service Bus functions that take batches, or sessions', { concurrency: 4 }, () => {
  test('a batch has at most maxMessageBatchSize messages, with an entry each in the metadata', async (context) => {
    const bus = await broker(context);
    await send(
      bus,
      Array.from({ length: 10 }, (_, index) => ({
        messageId: `m-${index}`,
        body: { index },
        ...(index === 0 ? { subject: 'first' } : {}),
        applicationProperties: { kind: index },
      })),
    );

    const host = await queueHost(context, bus, { mode: 'batches', settings: batchSize });

    const events = await host.eventually((all) => handled(all) === 10);
    const batches = named(events, 'batch');
    assert.ok(batches.every(({ messages }) => z.array(z.unknown()).parse(messages).length <= 4));
    const metadata = z
      .looseObject({
        messageIdArray: texts,
        lockTokenArray: texts,
        subjectArray: texts,
        sessionIdArray: texts,
        deliveryCountArray: z.array(z.number()),
        sequenceNumberArray: z.array(z.number()),
        enqueuedTimeUtcArray: z.array(z.iso.datetime()),
        applicationPropertiesArray: z.array(z.object({ kind: z.number() })),
      })
      .parse(batches[0]?.['metadata']);
    assert.deepEqual(metadata.messageIdArray, ['m-0', 'm-1', 'm-2', 'm-3']);
    assert.deepEqual(metadata.subjectArray, ['first', '', '', '']);
    assert.deepEqual(metadata.sequenceNumberArray, [1, 2, 3, 4]);
    assert.deepEqual(metadata.deliveryCountArray, [1, 1, 1, 1]);
    assert.deepEqual(metadata.applicationPropertiesArray[3], { kind: 3 });
    assert.deepEqual(batches[0]?.['messages'], [{ index: 0 }, { index: 1 }, { index: 2 }, { index: 3 }]);
    assert.equal(await host.end('SIGTERM'), 0);
    assert.equal(await remaining(bus), 0);
  });

  test('a batch that fails comes back whole, counted, and completes when it succeeds', async (context) => {
    const bus = await broker(context);
    await send(bus, [
      { messageId: 'good', body: {} },
      { messageId: 'bad', body: { fail: 1 } },
    ]);

    const host = await queueHost(context, bus, { mode: 'batches' });

    const events = await host.eventually((all) => handled(all) === 2);
    const counts = named(events, 'batch').map(
      ({ metadata }) => z.looseObject({ deliveryCountArray: z.array(z.number()) }).parse(metadata).deliveryCountArray,
    );
    assert.deepEqual(counts[0], [1, 1]);
    assert.equal(await host.end('SIGTERM'), 0);
    assert.equal(await remaining(bus), 0);
  });

  test('batches go on by themselves after the broker was killed and started again', async (context) => {
    const folder = await temporaryFolder(context);
    const first = await startBroker(context, { folder, port: 0 });
    const host = await queueHost(context, first, { mode: 'batches' });
    await send(first, [{ body: {} }]);
    await host.eventually((all) => handled(all) === 1);
    await first.kill();

    const second = await startBroker(context, { folder, port: first.port });
    await send(second, [{ body: {} }]);

    await host.eventually((all) => handled(all) === 2);
    assert.equal(await host.end('SIGTERM'), 0);
  });

  test('messages of one session come one after the other, those of others beside them', async (context) => {
    const bus = await broker(context);
    const messages = ['a', 'b'].flatMap((sessionId) =>
      [0, 1, 2].map((index) => ({ sessionId, messageId: `${sessionId}-${index}`, body: { waitMs: 50 } })),
    );
    await send(bus, messages, 'sessions');

    const host = await queueHost(context, bus, { mode: 'queue', queue: 'sessions' });

    const events = await host.eventually((all) => handled(all) === 6);
    const received = named(events, 'message').map(({ metadata }) =>
      z.looseObject({ sessionId: z.string(), messageId: z.string() }).parse(metadata),
    );
    for (const session of ['a', 'b']) {
      const ids = received.filter(({ sessionId }) => sessionId === session).map(({ messageId }) => messageId);
      assert.deepEqual(ids, [`${session}-0`, `${session}-1`, `${session}-2`]);
    }
    assert.ok(named(events, 'message').some(({ running }) => running === 2));
    assert.equal(await host.end('SIGTERM'), 0);
    assert.equal(await remaining(bus, 'sessions'), 0);
  });

  test('a batch of a queue with sessions is of one session', async (context) => {
    const bus = await broker(context);
    const messages = ['a', 'b', 'a', 'b'].map((sessionId, index) => ({ sessionId, body: { index } }));
    await send(bus, messages, 'sessions');
    const settings = { AzureFunctionsJobHost__extensions__serviceBus__sessionIdleTimeout: '00:00:01' };

    const host = await queueHost(context, bus, { mode: 'batches', queue: 'sessions', settings });

    const events = await host.eventually((all) => handled(all) === 4);
    const sessions = named(events, 'batch').map(
      ({ metadata }) => new Set(z.looseObject({ sessionIdArray: texts }).parse(metadata).sessionIdArray).size,
    );
    assert.ok(sessions.every((count) => count === 1));
  });

  test('with autoCompleteMessages off a message of a call that ended well stays on the queue', async (context) => {
    const bus = await broker(context);
    await send(bus, [{ messageId: 'kept', body: {} }]);

    const host = await queueHost(context, bus, { mode: 'queue', settings: { FIXTURE_AUTO_COMPLETE: 'no' } });

    await host.eventually((all) => handled(all) === 1);
    assert.equal(await host.end('SIGTERM'), 0);
    assert.equal(await remaining(bus), 1);
  });
});
