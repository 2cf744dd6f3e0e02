import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startStorage, type Storage } from '../../../local/storage/start-storage.ts';

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'storage-'));
  context.after(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Storage in a process of its own; `kill` is SIGKILL and waits for the end. */
async function storageProcess(context: TestContext, folder: string) {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.resolve('./storage-process.ts')), folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  context.after(kill);
  for await (const line of createInterface({ input: child.stdout })) {
    return { container: containerOf(line), kill };
  }
  throw new Error('The storage process ended before it was ready.');
}

function containerOf(connectionString: string): ContainerClient {
  return BlobServiceClient.fromConnectionString(connectionString, {
    retryOptions: { maxTries: 1 },
    keepAliveOptions: { enable: false },
  }).getContainerClient('payloads');
}

async function blobNames(container: ContainerClient): Promise<string[]> {
  const names: string[] = [];
  for await (const blob of container.listBlobsFlat()) {
    names.push(blob.name);
  }
  return names;
}

async function stopped(storage: Storage): Promise<void> {
  await storage.stop();
}

test('what was acknowledged before a SIGKILL is there after a restart', async (context) => {
  const folder = await temporaryFolder(context);
  const first = await storageProcess(context, folder);
  await first.container.create();
  const names = Array.from({ length: 40 }, (_, index) => `blob-${String(index).padStart(2, '0')}`);
  await Promise.all(names.map((name) => first.container.getBlockBlobClient(name).upload(name, name.length)));
  await first.container.getBlockBlobClient('blob-00').upload('replaced', 8, { metadata: { owner: 'tester' } });
  await first.container.deleteBlob('blob-01');
  const large = Buffer.alloc(3_000_000, 7);
  await first.container.getBlockBlobClient('large').uploadData(large, { blockSize: 1_000_000, maxSingleShotSize: 1 });
  const { leaseId = '' } = await first.container.getBlobClient('blob-02').getBlobLeaseClient().acquireLease(60);
  await first.kill();

  const { container } = await storageProcess(context, folder);

  assert.deepEqual(await blobNames(container), [...names.filter((name) => name !== 'blob-01'), 'large']);
  assert.equal((await container.getBlobClient('blob-00').downloadToBuffer()).toString(), 'replaced');
  assert.equal((await container.getBlobClient('blob-39').downloadToBuffer()).toString(), 'blob-39');
  assert.deepEqual((await container.getBlobClient('blob-00').getProperties()).metadata, { owner: 'tester' });
  assert.ok(large.equals(await container.getBlobClient('large').downloadToBuffer()));
  const leased = container.getBlobClient('blob-02');
  await assert.rejects(leased.getBlobLeaseClient().acquireLease(15), { statusCode: 409 });
  await leased.getBlobLeaseClient(leaseId).renewLease();
  await leased.getBlobLeaseClient(leaseId).releaseLease();
});

test('a blob cut in the middle of its upload is not there, and the rest goes on', async (context) => {
  const folder = await temporaryFolder(context);
  const first = await storageProcess(context, folder);
  await first.container.create();
  await first.container.getBlockBlobClient('kept').upload('kept', 4);
  await first.container.getBlockBlobClient('cut').stageBlock(Buffer.from('1').toString('base64'), 'half', 4);
  await first.kill();

  const { container } = await storageProcess(context, folder);

  assert.deepEqual(await blobNames(container), ['kept']);
  await container.getBlockBlobClient('cut').commitBlockList([Buffer.from('1').toString('base64')]);
  assert.equal((await container.getBlobClient('cut').downloadToBuffer()).toString(), 'half');
});

test('a stop and a start on the same folder keep everything and take writes again', async (context) => {
  const folder = await temporaryFolder(context);
  const first = await startStorage({ port: 0, folder });
  const before = containerOf(first.connectionString);
  await before.create();
  await before.getBlockBlobClient('one').upload('1', 1);
  await stopped(first);

  const second = await startStorage({ port: 0, folder });
  context.after(async () => stopped(second));
  const after = containerOf(second.connectionString);
  await after.getBlockBlobClient('two').upload('2', 1);

  assert.deepEqual(await blobNames(after), ['one', 'two']);
  await assert.rejects(after.create(), { statusCode: 409 });
});

test('a stop ends although a client never rests', async (context) => {
  const storage = await startStorage({ port: 0, folder: await temporaryFolder(context) });
  const container = BlobServiceClient.fromConnectionString(storage.connectionString, {
    retryOptions: { maxTries: 1 },
  }).getContainerClient('payloads');
  await container.create();
  const asking = Promise.allSettled(
    Array.from({ length: 4 }, async () => {
      for (;;) {
        await container.getProperties();
      }
    }),
  );

  await stopped(storage);

  assert.ok((await asking).every(({ status }) => status === 'rejected'));
});

test('a second storage on the same folder is refused', async (context) => {
  const folder = await temporaryFolder(context);
  const { container } = await storageProcess(context, folder);
  await container.create();

  await assert.rejects(startStorage({ port: 0, folder }), /running on this folder already/);
});

test('conditional writes answer as the service does', async (context) => {
  const storage = await startStorage({ port: 0, folder: await temporaryFolder(context) });
  context.after(async () => stopped(storage));
  const container = containerOf(storage.connectionString);
  await container.create();
  const blob = container.getBlockBlobClient('once');
  await blob.upload('a', 1, { conditions: { ifNoneMatch: '*' } });

  await assert.rejects(blob.upload('b', 1, { conditions: { ifNoneMatch: '*' } }), { statusCode: 409 });
  await assert.rejects(blob.upload('b', 1, { conditions: { ifMatch: '"other"' } }), { statusCode: 412 });
});
