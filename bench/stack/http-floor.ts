import { CosmosClient, type Container } from '@azure/cosmos';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startChild } from '../../local/child-process.ts';
import { itemBytes } from './cosmos-load.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('http-floor-process.ts', import.meta.url));

/** What an SDK for Cosmos DB has to see of an account before it sends requests to it. */
const account = JSON.stringify({
  id: 'floor',
  _rid: 'floor',
  writableLocations: [{ name: 'local', databaseAccountEndpoint: '{endpoint}' }],
  readableLocations: [{ name: 'local', databaseAccountEndpoint: '{endpoint}' }],
  enableMultipleWriteLocations: false,
  userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
});

/** A server in a process of its own that answers every request with one item, and a container that is none. */
export async function startHttpFloor(
  signal: AbortSignal,
): Promise<{ readonly container: Container; readonly pid: number; readonly stop: () => Promise<void> }> {
  const settings = JSON.stringify({
    account,
    item: JSON.stringify({ id: 'floor', text: 'x'.repeat(itemBytes - 30) }),
    headers: { 'x-ms-request-charge': '1', 'x-ms-session-token': '0:-1#1', etag: '"floor"' },
  });
  const server = await startChild({ name: 'HTTP floor', args: [script, settings], cwd: root, signal });
  const { endpoint } = z.object({ endpoint: z.string() }).parse(server.ready);
  const key = Buffer.from('the key of the floor'.padEnd(64, '.')).toString('base64');
  const client = new CosmosClient({ endpoint, key });
  return {
    container: client.database('bench').container('items'),
    pid: server.pid,
    stop: async () => {
      client.dispose();
      await server.stop();
    },
  };
}
