import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { readChatRequest } from '../../../local/azure-openai/chat/chat-request.ts';
import { estimateCost } from '../../../local/azure-openai/limits/estimate-cost.ts';
import { requiredModelFacts } from './model-facts-for-test.ts';

const model = requiredModelFacts('gpt-4o-mini');

describe('the cost at admission', () => {
  test('is a quarter of the characters and one, for each text part, and the output asked for', () => {
    const request = readChatRequest(
      {
        messages: [
          { role: 'system', content: 'abcdefgh' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'abc' },
              { type: 'text', text: '' },
            ],
          },
        ],
        max_tokens: 100,
      },
      model,
    );
    assert.equal(estimateCost(request, 640), 3 + 1 + 1 + 100);
  });

  test('takes the default when no output is asked for, once for each choice', () => {
    const request = readChatRequest({ messages: [{ role: 'user', content: 'abcd' }], n: 3 }, model);
    assert.equal(estimateCost(request, 640), 2 + 3 * 640);
  });

  test('of embeddings is a quarter of all characters, rounded up once, and one for each token id', () => {
    const request = { operation: 'embeddings', dimensions: 3, isBase64: false } as const;
    assert.equal(estimateCost({ ...request, inputs: ['abc', 'de'] }, 640), 2);
    assert.equal(estimateCost({ ...request, inputs: [[1, 2, 3]] }, 640), 3);
  });
});
