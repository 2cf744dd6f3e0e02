import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startStorage } from '../../../local/storage/start-storage.ts';
import { blobPayloadStore } from '../../../shared/payloads/blob-payload-store.ts';
import { requestName } from '../../../shared/payloads/payload-name.ts';
import { payloadStoreContract } from '../../contracts/payload-store-contract.ts';

const digest = 'd'.repeat(64);

payloadStoreContract('blob', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-payloads-'));
  const storage = await startStorage({ port: 0, folder });
  return {
    store: blobPayloadStore({ container: 'sluice-payloads', connectionString: storage.connectionString }),
    close: async () => {
      await storage.stop();
      await rm(folder, { recursive: true });
    },
  };
});

test('a blob service that refuses the identity is told apart from one that fails', async (context) => {
  let status = 403;
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    response.writeHead(status, { 'x-ms-error-code': 'Scripted' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=${btoa('key')};BlobEndpoint=http://127.0.0.1:${address.port}/a;`;
  const store = blobPayloadStore({ container: 'c', connectionString });

  await assert.rejects(store.put(requestName('a', digest), 'x'), { code: 'payloads.forbidden', isRetryable: false });
  assert.equal(requests, 1);
  status = 503;
  await assert.rejects(store.get(requestName('a', digest), 10), { code: 'payloads.unavailable', isRetryable: true });
  assert.equal(requests, 4);
});
