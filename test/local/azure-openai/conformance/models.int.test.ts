import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { z } from 'zod';

import { collect, rejection, startForTest } from '../start-for-test.ts';

describe('the list of models', () => {
  test('is given on classic and v1 addresses, by version, with what they can do', async (context) => {
    const { azure, v1 } = (await startForTest(context)).region();
    for (const client of [azure, v1]) {
      const models = await collect(client.models.list());
      const mini = models.find(({ id }) => id === 'gpt-4o-mini-2024-07-18');
      assert.equal(mini?.object, 'model');
      assert.equal(new Date(mini.created * 1000).toISOString().slice(0, 10), '2024-07-18');
      assert.ok(models.some(({ id }) => id === 'text-embedding-3-small'));
      assert.deepEqual(await client.models.retrieve(mini.id), mini);
    }
  });

  test('has no model that is not carried', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const refused = await rejection(v1.models.retrieve('gpt-1'));
    assert.equal(refused.status, 404);
    assert.equal(refused.code, 'model_not_found');
  });

  test('is denied to a wrong key', async (context) => {
    const { azure } = (await startForTest(context)).region('east', 'wrong');
    assert.equal((await rejection(azure.models.retrieve('gpt-4o'))).status, 401);
  });

  test('is no call: it is in no counter', async (context) => {
    const azureOpenAi = await startForTest(context);
    await collect(azureOpenAi.region().v1.models.list());
    assert.equal((await azureOpenAi.calls()).length, 0);
  });
});

describe('the deployments of a resource', () => {
  test('are listed and found on the classic address', async (context) => {
    const { endpoint } = (await startForTest(context)).region();
    const get = async (path: string): Promise<unknown> => {
      const address = `${endpoint}/openai/${path}?api-version=2023-03-15-preview`;
      return (await fetch(address, { headers: { 'api-key': 'east-key' } })).json();
    };
    const deployment = z.object({
      id: z.literal('mini'),
      model: z.literal('gpt-4o-mini'),
      object: z.literal('deployment'),
    });
    z.object({ data: z.array(deployment).length(1) }).parse(await get('deployments'));
    deployment.parse(await get('deployments/mini'));
    const missing = z.object({ error: z.object({ code: z.string() }) }).parse(await get('deployments/other'));
    assert.equal(missing.error.code, 'DeploymentNotFound');
  });
});
