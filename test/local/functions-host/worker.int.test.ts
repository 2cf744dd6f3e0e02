import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { z } from 'zod';
import { remaining, send, startBroker } from './run-broker.ts';
import { fixtureApp, poll, startHost, temporaryFolder, type HostProcess } from './run-host.ts';

const timeoutApp = `${fixtureApp}-timeout`;

async function threadOf(host: HostProcess): Promise<number> {
  const response = await fetch(`${host.url}/api/worker`);
  return z.object({ threadId: z.number() }).parse(await response.json()).threadId;
}

async function logged(host: HostProcess, text: string): Promise<void> {
  await poll(
    async () => host.log,
    (log) => log.some((line) => line.includes(text)),
  );
}

async function timeoutHost(context: TestContext, mode: string, settings: Record<string, string> = {}) {
  return startHost(context, { mode, settings, appRoot: timeoutApp });
}

describe("the app's worker", { concurrency: 3 }, () => {
  for (const mode of ['buffered', 'stream'] as const) {
    test(`a call over the function timeout fails, and a new worker serves the next one (${mode})`, async (context) => {
      const host = await timeoutHost(context, mode);
      const before = await threadOf(host);

      const late = await fetch(`${host.url}/api/waits?ms=60000`);

      assert.deepEqual([late.status, await late.text()], [500, '']);
      assert.notEqual(await threadOf(host), before);
      await logged(host, 'Function waits still ran at the functionTimeout of host.json, 1 s.');
      assert.equal(await host.end('SIGTERM'), 0);
    });
  }

  test('a handler that never lets go of its thread is ended at the function timeout as well', async (context) => {
    const host = await timeoutHost(context, 'stream');

    assert.equal((await fetch(`${host.url}/api/spins`)).status, 500);

    assert.equal((await fetch(`${host.url}/api/echo`)).status, 200);
    assert.equal(await host.end('SIGTERM'), 0);
  });

  test('what else ran in a worker fails with the call that was over its time', async (context) => {
    const host = await timeoutHost(context, 'buffered');
    const spins = fetch(`${host.url}/api/spins`);
    await host.eventually((all) => all.some(({ event }) => event === 'spinning'));

    const beside = fetch(`${host.url}/api/echo`);

    assert.deepEqual([(await spins).status, (await beside).status], [500, 500]);
  });

  test('a message whose call was over its time comes back at once, counted', async (context) => {
    const broker = await startBroker(context, { folder: await temporaryFolder(context), port: 0, lockMs: 60_000 });
    const host = await timeoutHost(context, 'queue', { ServiceBus: broker.connectionString, QueueName: 'work' });

    await send(broker, [{ messageId: 'hangs-once', body: { hang: 1 } }]);

    const events = await host.eventually((all) => all.some(({ event }) => event === 'handled'));
    const counts = events.flatMap(({ metadata }) => {
      const parsed = z.looseObject({ deliveryCount: z.number() }).safeParse(metadata);
      return parsed.success ? [parsed.data.deliveryCount] : [];
    });
    assert.deepEqual(counts, [1, 2]);
    assert.equal(await host.end('SIGTERM'), 0);
    assert.equal(await remaining(broker), 0);
  });

  test('an app that crashes is started again, and at the third crash in half an hour the host ends', async (context) => {
    const host = await startHost(context, { mode: 'stream' });
    const crash = async () => fetch(`${host.url}/api/crashes`).then(({ status }) => status);
    const restarted = async (times: number) =>
      poll(
        async () => host.log.filter((line) => line.includes('a new worker serves the app')),
        (lines) => lines.length === times,
      );
    const first = await threadOf(host);

    assert.equal(await crash(), 500);
    await restarted(1);
    assert.notEqual(await threadOf(host), first);
    assert.equal(await crash(), 500);
    await restarted(2);
    assert.equal((await fetch(`${host.url}/api/echo`)).status, 200);
    await crash().catch(() => undefined);

    assert.equal(await host.end(), 1);
    await logged(host, 'Error: The app was told to crash.');
    assert.match(host.log.at(-1) ?? '', /crashed 3 times in half an hour/u);
  });
});
