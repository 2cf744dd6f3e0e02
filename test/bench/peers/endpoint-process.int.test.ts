import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEndpoint } from '../../../bench/peers/endpoint-process.ts';
import { field } from '../../../bench/peers/field.ts';
import { localApiKey } from '../../../local/stack-layout.ts';

test('an endpoint has a log of its own, and knows a job by its id', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-endpoint-'));
  const order = {
    tokenWindow: 'sliding' as const,
    seed: 1,
    databasePath: join(folder, 'c.sqlite'),
  };
  const endpoint = await startEndpoint(order, new AbortController().signal);
  try {
    const url = `${endpoint.url}/openai/deployments/${field.model}/chat/completions?api-version=2024-10-21`;
    const body = { max_tokens: 1, messages: [{ role: 'user', content: 'How are you?' }] };
    const headers = {
      'api-key': localApiKey,
      'content-type': 'application/json',
      'x-ms-client-request-id': 's2-000007',
    };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    await response.text();

    assert.deepEqual(await endpoint.progress(), { calls: 1, completed: 1, unanswered: 0 });
    const [attempt, ...others] = await endpoint.attempts();
    assert.deepEqual(others, []);
    assert.equal(attempt?.clientRequestId, 's2-000007');
    assert.equal(attempt?.status, 200);
    // ⌊12 ÷ 4⌋ + 1 + 1
    assert.equal(attempt?.cost, 5);
  } finally {
    await endpoint.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
