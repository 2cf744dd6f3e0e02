import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { routeLookup } from '../../../local/azure-openai/lookups/route-lookup.ts';

describe('a lookup', () => {
  const found = [
    ['GET', '/openai/v1/models', { kind: 'models' }],
    ['GET', '/openai/models?api-version=2024-10-21', { kind: 'models' }],
    ['GET', '/openai/v1/models/gpt-4o%202', { kind: 'model', id: 'gpt-4o 2' }],
    ['GET', '/openai/deployments/mini?api-version=2023-03-15-preview', { kind: 'deployment', id: 'mini' }],
    ['GET', '/openai/v1/responses/resp_1', { kind: 'response', id: 'resp_1' }],
    ['DELETE', '/openai/responses/resp_1?api-version=2025-04-01-preview', { kind: 'delete-response', id: 'resp_1' }],
    ['GET', '/openai/v1/responses/resp_1/input_items?limit=2', { kind: 'input-items', id: 'resp_1' }],
  ] as const;
  for (const [method, address, lookup] of found) {
    test(`is ${method} ${address}`, () => {
      assert.deepEqual(routeLookup(method, address), lookup);
    });
  }

  for (const [method, address] of [
    ['GET', '/openai/models'],
    ['DELETE', '/openai/v1/models/gpt-4o'],
    ['GET', '/openai/v1/deployments'],
    ['GET', '/openai/v1/responses'],
    ['GET', '/openai/v1/responses/a/b/c'],
    ['GET', '/models?api-version=1'],
  ] as const) {
    test(`is not ${method} ${address}`, () => {
      assert.equal(routeLookup(method, address), undefined);
    });
  }
});
