import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { routeRequest } from '../../../local/azure-openai/route-request.ts';
import { ServiceError } from '../../../local/azure-openai/service-error.ts';

function refusal(method: string, address: string): ServiceError {
  try {
    routeRequest(method, address);
  } catch (error) {
    if (error instanceof ServiceError) {
      return error;
    }
    throw error;
  }
  throw new Error(`${address} was expected to be refused.`);
}

describe('routing', () => {
  test('a classic address names its deployment', () => {
    assert.deepEqual(routeRequest('POST', '/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21'), {
      operation: 'chat',
      deployment: 'my gpt',
      apiVersion: '2024-10-21',
    });
  });

  test('a v1 address leaves the deployment to the body', () => {
    assert.deepEqual(routeRequest('POST', '/openai/v1/embeddings'), {
      operation: 'embeddings',
      deployment: undefined,
      apiVersion: 'v1',
    });
  });

  test('a classic address without a version is no resource', () => {
    assert.equal(refusal('POST', '/openai/deployments/mini/chat/completions').message, 'Resource not found');
  });

  test('the Responses API has no deployment in its classic address, and needs a version there', () => {
    const route = { operation: 'responses', deployment: undefined };
    const classic = routeRequest('POST', '/openai/responses?api-version=2025-04-01-preview');
    assert.deepEqual(classic, { ...route, apiVersion: '2025-04-01-preview' });
    assert.deepEqual(routeRequest('POST', '/openai/v1/responses'), { ...route, apiVersion: 'v1' });
    assert.equal(refusal('POST', '/openai/responses').message, 'Resource not found');
    const misplaced = '/openai/deployments/mini/responses?api-version=2025-04-01-preview';
    assert.equal(refusal('POST', misplaced).message, 'Resource not found');
  });

  test('a list of chat completions is refused by the name of the feature', () => {
    assert.match(refusal('GET', '/openai/v1/chat/completions').message, /does not carry stored chat completions/u);
  });

  for (const [address, feature] of [
    ['/openai/v1/responses/resp_1/cancel', 'this operation of the Responses API'],
    ['/openai/deployments/dalle/images/generations?api-version=2024-10-21', 'images'],
    ['/openai/deployments/whisper/audio/transcriptions?api-version=2024-10-21', 'audio'],
    ['/openai/v1/files', 'files'],
    ['/openai/batches?api-version=2024-10-21', 'batches'],
    ['/openai/v1/assistants', 'assistants'],
  ] as const) {
    test(`${address} is refused by the name of the feature`, () => {
      const error = refusal('POST', address);
      assert.equal(error.status, 404);
      assert.ok(error.message.includes(`does not carry ${feature}`), error.message);
    });
  }
});
