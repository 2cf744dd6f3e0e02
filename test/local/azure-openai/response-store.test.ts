import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ResponseStore, type StoredResponse } from '../../../local/azure-openai/responses/response-store.ts';

function response(id: string, characters = 0): StoredResponse {
  const body = { id, status: 'completed', previous_response_id: null, output: [], usage: null } as const;
  return { body, inputItems: [{ text: 'x'.repeat(characters) }], turns: [] };
}

describe('the store of responses', () => {
  test('R1: keeps the latest of all that was kept, and lets the oldest go', () => {
    const store = new ResponseStore();
    for (let index = 0; index < 10; index += 1) {
      store.keep('east', response(`resp_${index}`, 10_000_000));
    }
    assert.equal(store.find('east', 'resp_3'), undefined);
    assert.equal(store.find('east', 'resp_4')?.body.id, 'resp_4');
    assert.equal(store.find('east', 'resp_9')?.body.id, 'resp_9');
  });

  test('R2: finds a response in its own region only, until it is removed', () => {
    const store = new ResponseStore();
    store.keep('east', response('resp_1'));
    assert.equal(store.find('west', 'resp_1'), undefined);
    assert.equal(store.remove('west', 'resp_1'), false);
    assert.equal(store.remove('east', 'resp_1'), true);
    assert.equal(store.find('east', 'resp_1'), undefined);
  });

  test('what is removed makes room', () => {
    const store = new ResponseStore();
    for (let index = 0; index < 100; index += 1) {
      store.keep('east', response('resp_kept', 1000));
      store.keep('east', response(`resp_${index}`, 10_000_000));
      assert.equal(store.remove('east', `resp_${index}`), true);
    }
    assert.equal(store.find('east', 'resp_kept')?.body.id, 'resp_kept');
  });
});
