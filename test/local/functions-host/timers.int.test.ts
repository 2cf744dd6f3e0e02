import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { z } from 'zod';
import { holdLease } from '../../../local/functions-host/timers/hold-lease.ts';
import { startStorage, type Storage } from '../../../local/storage/start-storage.ts';
import { poll, startHost, temporaryFolder, type FixtureEvent } from './run-host.ts';

async function storageFor(context: TestContext, { folder, port }: { folder: string; port: number }): Promise<Storage> {
  const storage = await startStorage({ port, folder });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) {
      stopped = true;
      await storage.stop();
    }
  };
  context.after(stop);
  return { ...storage, stop };
}

async function newStorage(context: TestContext): Promise<Storage> {
  return storageFor(context, { folder: await temporaryFolder(context), port: 0 });
}

function hostContainer(storage: Storage): ContainerClient {
  return BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient('azure-webjobs-hosts');
}

async function timerHost(context: TestContext, storage: Storage, settings: Record<string, string> = {}) {
  return startHost(context, {
    mode: 'timers',
    settings: { AzureWebJobsStorage: storage.connectionString, ...settings },
  });
}

const tick = z.object({
  pid: z.number(),
  timer: z.object({
    isPastDue: z.boolean(),
    schedule: z.object({ adjustForDST: z.boolean() }),
    scheduleStatus: z.object({ last: z.string(), next: z.string(), lastUpdated: z.string() }).nullable(),
  }),
});

function ticks(events: readonly FixtureEvent[]): readonly z.infer<typeof tick>[] {
  return events.filter(({ event }) => event === 'tick').map((event) => tick.parse(event));
}

const yearly = '0 0 0 1 1 *';

// Most of each test is waiting for a lock or a lease to end, so they wait together.
describe('timer functions', { concurrency: 4 }, () => {
  test('a timer fires by its schedule with the payload that the library documents', async (context) => {
    const host = await timerHost(context, await newStorage(context));

    const events = await host.eventually((all) => ticks(all).length >= 2);

    const [first] = ticks(events);
    assert.equal(first?.timer.isPastDue, false);
    assert.equal(first?.timer.schedule.adjustForDST, true);
    // Once a second is too often to be monitored.
    assert.equal(first?.timer.scheduleStatus, null);
    assert.equal(await host.end('SIGTERM'), 0);
  });

  test('of two hosts one fires, and the other takes over when it is killed', async (context) => {
    const storage = await newStorage(context);
    const eventsFile = join(await temporaryFolder(context), 'events.ndjson');
    const settings = { AzureWebJobsStorage: storage.connectionString };
    const hosts = await Promise.all(
      [1, 2].map(async () => startHost(context, { mode: 'timers', settings, eventsFile })),
    );
    const [one, two] = hosts;
    assert.ok(one !== undefined && two !== undefined);
    const events = await one.eventually((all) => ticks(all).length >= 3);
    const holders = new Set(ticks(events).map(({ pid }) => pid));
    assert.equal(holders.size, 1);
    const [holder, other] = holders.has(one.pid) ? [one, two] : [two, one];

    await holder.end('SIGKILL');

    const after = await other.eventually((all) => ticks(all).some(({ pid }) => pid === other.pid));
    const pids = ticks(after).map(({ pid }) => pid);
    assert.deepEqual(
      pids,
      pids.toSorted((left, right) => Number(left === other.pid) - Number(right === other.pid)),
    );
  });

  test('a host that stops gives its timers to another at once', async (context) => {
    const storage = await newStorage(context);
    const first = await timerHost(context, storage);
    await first.eventually((all) => ticks(all).length > 0);
    assert.equal(await first.end('SIGTERM'), 0);

    const lock = await poll(
      async () => {
        for await (const blob of hostContainer(storage).listBlobsFlat({ prefix: 'locks/' })) {
          return blob.properties.leaseState;
        }
        return undefined;
      },
      () => true,
    );

    assert.equal(lock, 'available');
  });

  test('a monitored timer that missed its occurrence fires once at the start, past due', async (context) => {
    const storage = await newStorage(context);
    const settings = { FIXTURE_SCHEDULE: yearly };
    const first = await timerHost(context, storage, settings);
    const statuses = async () => {
      const names: string[] = [];
      for await (const blob of hostContainer(storage).listBlobsFlat({ prefix: 'timers/' })) {
        names.push(blob.name);
      }
      return names;
    };
    const [name = ''] = await poll(
      async () => statuses().catch(() => []),
      (names) => names.length === 1,
    );
    assert.equal(await first.end('SIGTERM'), 0);
    assert.equal(ticks(await first.events()).length, 0);
    const missed = JSON.stringify({
      Last: '2020-01-01T00:00:00Z',
      Next: '2021-01-01T00:00:00Z',
      LastUpdated: '2020-01-01T00:00:00Z',
    });
    await hostContainer(storage).getBlockBlobClient(name).upload(missed, missed.length);

    const second = await timerHost(context, storage, settings);

    const events = await second.eventually((all) => ticks(all).length === 1);
    assert.equal(ticks(events)[0]?.timer.isPastDue, true);
    assert.equal(ticks(events)[0]?.timer.scheduleStatus?.last, '2020-01-01T00:00:00.000Z');
    assert.equal(await second.end('SIGTERM'), 0);
    const third = await timerHost(context, storage, { ...settings, FIXTURE_RUN_ON_STARTUP: 'yes' });
    const again = await third.eventually((all) => ticks(all).length === 1);
    assert.equal(ticks(again)[0]?.timer.isPastDue, false);
  });

  test('timers go on after the storage was stopped and started again', async (context) => {
    const folder = await temporaryFolder(context);
    const storage = await storageFor(context, { folder, port: 0 });
    const host = await timerHost(context, storage, { FIXTURE_MONITOR: 'yes' });
    await host.eventually((all) => ticks(all).length > 0);
    await storage.stop();
    await storageFor(context, { folder, port: storage.port });
    const before = ticks(await host.events()).length;

    await host.eventually((all) => ticks(all).length >= before + 2);
  });

  test('a timer runs out of turn when the admin endpoint is asked', async (context) => {
    const host = await timerHost(context, await newStorage(context), { FIXTURE_SCHEDULE: yearly });

    const asked = await fetch(`${host.url}/admin/functions/tick`, { method: 'POST', body: '{"input":""}' });

    assert.equal(asked.status, 202);
    const events = await host.eventually((all) => ticks(all).length === 1);
    assert.equal(ticks(events)[0]?.timer.isPastDue, false);
  });

  test('a timer without host storage does not start, and a wrong schedule is named', async (context) => {
    const start = async (settings: Record<string, string>) => startHost(context, { mode: 'timers', settings });

    await assert.rejects(start({}), /No connection "AzureWebJobsStorage"/u);
    await assert.rejects(
      start({ AzureWebJobsStorage: 'UseDevelopmentStorage=true', FIXTURE_SCHEDULE: 'often' }),
      /"often" is not an NCRONTAB expression/u,
    );
  });

  test('a lease whose holder lives but no longer renews is taken when it lapses', async (context) => {
    const container = hostContainer(await newStorage(context));
    await container.create();
    const blob = container.getBlockBlobClient('stalled');
    await blob.upload('', 0, { metadata: { holder: String(process.pid) } });
    await blob.getBlobLeaseClient().acquireLease(15);
    const done = new AbortController();
    let held = 0;

    await holdLease({ container, blobName: 'stalled', log: () => undefined, signal: done.signal }, async () => {
      held += 1;
      done.abort();
    });

    assert.equal(held, 1);
  });

  test('a holder is told when its lease is taken away', async (context) => {
    const container = hostContainer(await newStorage(context));
    const done = new AbortController();
    let told = false;

    await holdLease({ container, blobName: 'taken', log: () => undefined, signal: done.signal }, async (lost) => {
      await container.getBlobClient('taken').getBlobLeaseClient().breakLease(0);
      await new Promise((resolve) => {
        lost.addEventListener('abort', resolve);
      });
      told = !done.signal.aborted;
      done.abort();
    });

    assert.ok(told);
  });
});
