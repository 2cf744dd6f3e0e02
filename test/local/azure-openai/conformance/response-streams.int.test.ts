import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { chatDeployment, collect, rejection, startForTest, testSettings } from '../start-for-test.ts';

const weather = {
  type: 'function',
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
} as const;

describe('a streamed response', () => {
  test('has its events in order, numbered from 0, and says what the plain one says', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const ask = { model: 'mini', input: 'Plan the week.', max_output_tokens: 60 };
    const plain = await v1.responses.create(ask);
    const events = await collect(await v1.responses.create({ ...ask, stream: true }));
    assert.deepEqual(
      events.map((event) => event.sequence_number),
      events.map((_, index) => index),
    );
    const types = events.map(({ type }) => type).filter((type) => type !== 'response.output_text.delta');
    assert.deepEqual(types, [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      `response.${plain.status ?? ''}`,
    ]);
    const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
    assert.equal(text, plain.output_text);
    const last = events.at(-1);
    assert.ok(last?.type === 'response.completed' || last?.type === 'response.incomplete');
    assert.deepEqual(last.response.usage, plain.usage);
  });

  test('streams the arguments of a call', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const ask = { model: 'mini', input: 'The weather?', tools: [weather] };
    const events = await collect(await v1.responses.create({ ...ask, stream: true }));
    const done = events.find((event) => event.type === 'response.function_call_arguments.done');
    const deltas = events.map((event) => (event.type === 'response.function_call_arguments.delta' ? event.delta : ''));
    assert.equal(deltas.join(''), done?.arguments);
    assert.equal(typeof JSON.parse(done?.arguments ?? ''), 'object');
  });

  test('of a model that reasoned begins with the item of that', async (context) => {
    const settings = testSettings([chatDeployment({ model: 'o3' })]);
    const { v1 } = (await startForTest(context, settings)).region();
    const ask = { model: 'mini', input: 'The weather? [[sluice:reasoning-tokens=30]]', tools: [weather] };
    const events = await collect(await v1.responses.create({ ...ask, stream: true }));
    const items = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item.type] : []));
    assert.deepEqual(items, ['reasoning', 'function_call']);
    const deltas = events.map((event) => (event.type === 'response.function_call_arguments.delta' ? event.delta : ''));
    assert.equal(typeof JSON.parse(deltas.join('')), 'object');
  });

  test('cut by max_output_tokens ends with response.incomplete', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const ask = { model: 'mini', input: '[[sluice:answer-tokens=90]]', max_output_tokens: 16 };
    const events = await collect(await v1.responses.create({ ...ask, stream: true }));
    assert.equal(events.at(-1)?.type, 'response.incomplete');
  });

  test("is put together by the client's own stream helper", async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const stream = v1.responses.stream({ model: 'mini', input: 'Hello' });
    const final = await stream.finalResponse();
    assert.equal(final.status, 'completed');
    assert.ok(final.output_text !== '');
  });

  test('can be retrieved afterwards', async (context) => {
    const { v1 } = (await startForTest(context)).region();
    const events = await collect(await v1.responses.create({ model: 'mini', input: 'Hello', stream: true }));
    const last = events.at(-1);
    assert.ok(last?.type === 'response.completed');
    assert.deepEqual((await v1.responses.retrieve(last.response.id)).usage, last.response.usage);
  });

  test('without capacity ends in an error event inside of its 200', async (context) => {
    const azureOpenAi = await startForTest(context);
    await azureOpenAi.admin('POST', 'azure-openai/faults', { row: 'no-capacity-in-stream', count: 1 });
    const { v1 } = azureOpenAi.region();
    const stream = await v1.responses.create({ model: 'mini', input: 'Hello', stream: true });
    const refused = await rejection(collect(stream));
    assert.equal(refused.code, 'no_capacity');
    assert.equal(refused.type, 'too_many_requests');
    const [call] = await azureOpenAi.calls();
    assert.equal(call?.status, 200);
    assert.equal(call.code, 'no_capacity');
  });
});
