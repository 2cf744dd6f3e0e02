import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base';

import type { DeploymentSettings } from '../../../../local/azure-openai/settings.ts';
import { ask, chatDeployment, rejection, startForTest, testSettings } from '../start-for-test.ts';

const small: DeploymentSettings = {
  name: 'vectors',
  model: 'text-embedding-3-small',
  tokensPerMinute: 1_000_000,
  requestsPerMinute: 6000,
};
const settings = testSettings([small, { ...small, name: 'ada', model: 'text-embedding-ada-002' }, chatDeployment()]);

function length(vector: readonly number[]): number {
  return Math.hypot(...vector);
}

describe('embeddings', () => {
  test('are unit vectors, the same for the same text, by the base64 that the SDK asks for', async (context) => {
    const { azure, v1 } = (await startForTest(context, settings)).region();
    const first = await azure.embeddings.create({ model: 'vectors', input: ['cat', 'dog', 'cat'] });
    const [cat, dog, again] = first.data.map(({ embedding }) => embedding);
    assert.equal(cat?.length, 1536);
    assert.ok(Math.abs(length(cat ?? []) - 1) < 1e-5);
    assert.deepEqual(cat, again);
    assert.notDeepEqual(cat, dog);
    const modern = await v1.embeddings.create({ model: 'vectors', input: 'cat', encoding_format: 'float' });
    assert.deepEqual(modern.data[0]?.embedding, cat);
  });

  test('have the length asked for', async (context) => {
    const { azure } = (await startForTest(context, settings)).region();
    const { data } = await azure.embeddings.create({ model: 'vectors', input: 'cat', dimensions: 255 });
    assert.equal(data[0]?.embedding.length, 255);
    assert.ok(Math.abs(length(data[0]?.embedding ?? []) - 1) < 1e-5);
  });

  test('bill real tokens, and cost a quarter of the characters', async (context) => {
    const azureOpenAi = await startForTest(context, settings);
    const { azure } = azureOpenAi.region();
    const input = ['The quick brown fox', 'jumps'];
    const { usage } = await azure.embeddings.create({ model: 'vectors', input });
    assert.equal(usage.prompt_tokens, countTokens(input[0] ?? '') + countTokens(input[1] ?? ''));
    assert.equal((await azureOpenAi.deployment('vectors')).tokenWindow.cost, 6);
  });

  test('take arrays of token ids', async (context) => {
    const { azure } = (await startForTest(context, settings)).region();
    const one = await azure.embeddings.create({ model: 'vectors', input: [1, 2, 3] });
    const two = await azure.embeddings.create({ model: 'vectors', input: [[1, 2, 3], [4]] });
    assert.equal(one.usage.prompt_tokens, 3);
    assert.equal(two.usage.prompt_tokens, 4);
    assert.deepEqual(two.data[0]?.embedding, one.data[0]?.embedding);
  });

  test('refuse inputs beyond 8192 tokens, dimensions of ada, and a chat deployment', async (context) => {
    const { azure } = (await startForTest(context, settings)).region();
    const long = await rejection(azure.embeddings.create({ model: 'vectors', input: 'word '.repeat(9000) }));
    assert.equal(long.status, 400);
    assert.match(long.message, /maximum context length is 8192 tokens, however you requested 9\d{3} tokens/u);
    const ada = await rejection(azure.embeddings.create({ model: 'ada', input: 'a', dimensions: 10 }));
    assert.match(ada.message, /does not support specifying dimensions/u);
    const chat = await rejection(azure.embeddings.create({ model: 'mini', input: 'a' }));
    assert.equal(chat.code, 'OperationNotSupported');
    const vectors = await rejection(azure.chat.completions.create({ ...ask('a'), model: 'vectors' }));
    assert.equal(vectors.code, 'OperationNotSupported');
  });
});
