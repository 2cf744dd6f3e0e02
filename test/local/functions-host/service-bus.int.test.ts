import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { z } from 'zod';
import { brokerLockMs, remaining, send, startBroker, type Broker } from './run-broker.ts';
import { poll, startHost, temporaryFolder, type FixtureEvent } from './run-host.ts';

function named(events: readonly FixtureEvent[], name: string): readonly FixtureEvent[] {
  return events.filter(({ event }) => event === name);
}

async function queueHost(context: TestContext, broker: Broker) {
  return startHost(context, {
    mode: 'queue',
    settings: { ServiceBus: broker.connectionString, QueueName: 'work' },
  });
}

// Most of each test is waiting for a lock or a lease to end, so they wait together.
describe('Service Bus queue functions', { concurrency: 4 }, () => {
  test('a message reaches its function with its metadata and is completed', async (context) => {
    const broker = await startBroker(context, { folder: await temporaryFolder(context), port: 0 });
    const host = await queueHost(context, broker);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    await send(broker, [
      {
        messageId: 'm-1',
        body: { waitMs: 0, text: 'ü' },
        contentType: 'application/json',
        subject: 'subject',
        correlationId: 'c-1',
        applicationProperties: { traceparent, Kind: 'test' },
      },
    ]);

    const events = await host.eventually((all) => named(all, 'handled').length === 1);
    const [received] = named(events, 'message');
    assert.deepEqual(received?.['message'], { waitMs: 0, text: 'ü' });
    assert.equal(received?.['trace'], traceparent);
    const metadata = z.record(z.string(), z.unknown()).parse(received?.['metadata']);
    assert.equal(metadata['messageId'], 'm-1');
    assert.equal(metadata['deliveryCount'], 1);
    assert.equal(metadata['sequenceNumber'], 1);
    assert.equal(metadata['contentType'], 'application/json');
    assert.equal(metadata['subject'], 'subject');
    assert.equal(metadata['correlationId'], 'c-1');
    assert.match(String(metadata['lockToken']), /^[0-9a-f-]{36}$/u);
    assert.equal(metadata['expiresAtUtc'], '9999-12-31T23:59:59.9999999Z');
    assert.match(String(metadata['enqueuedTimeUtc']), /^\d{4}-\d\d-\d\dT.*Z$/u);
    assert.deepEqual(metadata['applicationProperties'], { traceparent, kind: 'test' });
    assert.equal(await host.end('SIGTERM'), 0);
    assert.equal(await remaining(broker), 0);
  });

  test('a failed message comes back at once, counted, until it succeeds', async (context) => {
    const broker = await startBroker(context, { folder: await temporaryFolder(context), port: 0 });
    const host = await queueHost(context, broker);

    await send(broker, [{ messageId: 'again', body: { fail: 2 } }]);

    const events = await host.eventually((all) => named(all, 'handled').length === 1);
    const counts = named(events, 'message').map(
      ({ metadata }) => z.looseObject({ deliveryCount: z.number() }).parse(metadata).deliveryCount,
    );
    assert.deepEqual(counts, [1, 2, 3]);
    assert.equal(await host.end('SIGTERM'), 0);
    assert.equal(await remaining(broker), 0);
  });

  test('of two calls that end in the same instant, each has its own outcome', async (context) => {
    const broker = await startBroker(context, { folder: await temporaryFolder(context), port: 0 });
    const host = await queueHost(context, broker);

    await send(broker, [
      { messageId: 'fails-once', body: { inPair: true, fail: 1 } },
      { messageId: 'succeeds', body: { inPair: true } },
    ]);

    await host.eventually((all) => named(all, 'handled').some(({ messageId }) => messageId === 'fails-once'));
    assert.equal(await host.end('SIGTERM'), 0);
    const delivered = named(await host.events(), 'message').map(
      ({ metadata }) => z.looseObject({ messageId: z.string() }).parse(metadata).messageId,
    );
    assert.deepEqual(delivered, ['fails-once', 'succeeds', 'fails-once']);
    assert.equal(await remaining(broker), 0);
  });

  test('no more calls run at once than maxConcurrentCalls allows', async (context) => {
    const broker = await startBroker(context, { folder: await temporaryFolder(context), port: 0 });
    await send(
      broker,
      Array.from({ length: 12 }, (_, index) => ({ messageId: `m-${index}`, body: { waitMs: 20 } })),
    );

    const host = await queueHost(context, broker);

    const events = await host.eventually((all) => named(all, 'handled').length === 12);
    assert.equal(Math.max(...named(events, 'message').map(({ running }) => Number(running))), 2);
  });

  test('a body that is no JSON arrives as text', async (context) => {
    const broker = await startBroker(context, { folder: await temporaryFolder(context), port: 0 });
    const host = await queueHost(context, broker);

    await send(broker, [{ messageId: 'plain', body: Buffer.from('not json {') }]);

    const events = await host.eventually((all) => named(all, 'handled').length === 1);
    assert.equal(named(events, 'message')[0]?.['message'], 'not json {');
  });

  test('a message stays locked for as long as its call runs', async (context) => {
    const broker = await startBroker(context, { folder: await temporaryFolder(context), port: 0 });
    const host = await queueHost(context, broker);

    await send(broker, [{ messageId: 'long', body: { waitMs: brokerLockMs + 1500 } }]);

    const events = await host.eventually((all) => named(all, 'handled').length === 1);
    assert.equal(named(events, 'message').length, 1);
    assert.equal(await host.end('SIGTERM'), 0);
    assert.equal(await remaining(broker), 0);
  });

  test('a stop lets the message in hand end, and leaves the others on the queue', async (context) => {
    const broker = await startBroker(context, { folder: await temporaryFolder(context), port: 0 });
    const host = await queueHost(context, broker);
    await send(
      broker,
      Array.from({ length: 6 }, (_, index) => ({ messageId: `m-${index}`, body: { waitMs: 600 } })),
    );
    await host.eventually((all) => named(all, 'message').length === 2);

    assert.equal(await host.end('SIGTERM'), 0);

    const events = await host.events();
    assert.equal(named(events, 'message').length, 2);
    assert.equal(named(events, 'handled').length, 2);
    assert.equal(named(events, 'appTerminate').length, 1);
    assert.equal(await remaining(broker), 4);
  });

  test('pulling goes on by itself after the broker was killed and started again', async (context) => {
    const folder = await temporaryFolder(context);
    const first = await startBroker(context, { folder, port: 0 });
    const host = await queueHost(context, first);
    await send(first, [{ messageId: 'before', body: {} }]);
    await host.eventually((all) => named(all, 'handled').length === 1);
    await first.kill();

    const second = await startBroker(context, { folder, port: first.port });
    await send(second, [{ messageId: 'after', body: {} }]);
    const sentMs = performance.now();

    await host.eventually((all) => named(all, 'handled').length === 2);
    context.diagnostic(`resumed ${Math.round(performance.now() - sentMs)} ms after the send`);
    assert.equal(await host.end('SIGTERM'), 0);
  });

  test('a host that starts before its broker pulls once the broker is there', async (context) => {
    const folder = await temporaryFolder(context);
    const first = await startBroker(context, { folder, port: 0 });
    await send(first, [{ messageId: 'waiting', body: {} }]);
    await first.kill();
    const host = await queueHost(context, first);

    await startBroker(context, { folder, port: first.port });

    await host.eventually((all) => named(all, 'handled').length === 1);
  });

  test('a host whose queue setting or connection is missing does not start', async (context) => {
    const start = async (settings: Record<string, string>) => startHost(context, { mode: 'queue', settings });

    await assert.rejects(start({ QueueName: 'work' }), /No connection "ServiceBus"/u);
    await assert.rejects(
      start({
        ServiceBus: 'Endpoint=sb://localhost:1;SharedAccessKeyName=k;SharedAccessKey=a2V5;UseDevelopmentEmulator=true',
      }),
      /app setting "QueueName"/u,
    );
  });

  test('a message whose completion an outage cut off is delivered again', async (context) => {
    const folder = await temporaryFolder(context);
    const first = await startBroker(context, { folder, port: 0 });
    const host = await queueHost(context, first);
    await send(first, [{ messageId: 'cut', body: { waitMs: 300 } }]);
    await host.eventually((all) => named(all, 'message').length === 1);
    await first.kill();
    await poll(
      async () => host.log,
      (log) => log.some((line) => line.includes('complete of message cut')),
    );

    const second = await startBroker(context, { folder, port: first.port });

    await host.eventually((all) => named(all, 'handled').length === 2);
    assert.equal(await host.end('SIGTERM'), 0);
    assert.equal(await remaining(second), 0);
  });

  test('a host stops while its broker is away', async (context) => {
    const broker = await startBroker(context, { folder: await temporaryFolder(context), port: 0 });
    const host = await queueHost(context, broker);
    await send(broker, [{ messageId: 'one', body: {} }]);
    await host.eventually((all) => named(all, 'handled').length === 1);
    await broker.kill();

    assert.equal(await host.end('SIGTERM'), 0);
  });
});
