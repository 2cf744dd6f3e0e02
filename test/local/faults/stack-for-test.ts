import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach } from 'node:test';
import { CosmosClient, type Container } from '@azure/cosmos';
import { z } from 'zod';
import { freePorts, localCosmosKey, stackLayout } from '../../../local/stack-layout.ts';
import { startStack, type Stack } from '../../../local/start-stack.ts';

const report = z.looseObject({ id: z.string(), taken: z.number(), isActive: z.boolean() });
const list = z.object({ faults: z.array(report), taken: z.number() });

export interface TestStack {
  readonly stack: Stack;
  /** One of the app's settings. */
  readonly setting: (name: string) => string;
  readonly request: (method: string, path: string, body?: unknown) => Promise<Response>;
  /** The answer's JSON. Throws for anything but 200. */
  readonly admin: (method: string, path: string, body?: unknown) => Promise<unknown>;
  readonly faults: (part: string) => Promise<z.infer<typeof list>>;
  /** Of the stack's Cosmos DB, by a client without retries. */
  readonly container: (id: string) => Container;
}

/** A stack for all tests of one file. Every fault ends before each test. */
export async function stackForTest(): Promise<TestStack> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-faults-'));
  const stack = await startStack(stackLayout({ folder, ports: freePorts, latency: 'instant', seed: 5 }));
  const request: TestStack['request'] = async (method, path, body) =>
    fetch(`${stack.adminUrl}/admin/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const admin: TestStack['admin'] = async (method, path, body) => {
    const response = await request(method, path, body);
    const text = await response.text();
    if (response.status !== 200) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    const answer: unknown = JSON.parse(text);
    return answer;
  };
  const setting = (name: string): string => stack.environment[name] ?? '';
  const client = new CosmosClient({
    endpoint: setting('COSMOS_ENDPOINT'),
    key: localCosmosKey,
    connectionPolicy: {
      requestTimeout: 10_000,
      retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 },
    },
  });
  beforeEach(async () => {
    await admin('DELETE', 'faults');
  });
  after(async () => {
    client.dispose();
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    stack,
    setting,
    request,
    admin,
    faults: async (part) => list.parse(await admin('GET', `${part}/faults`)),
    container: (id) => client.database('sluice').container(id),
  };
}
