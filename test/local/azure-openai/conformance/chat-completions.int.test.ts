import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { z } from 'zod';

import { ask, chatDeployment, startForTest, testSettings } from '../start-for-test.ts';

describe('chat completions', () => {
  test('answer on classic and v1 addresses, the same request with the same text', async (context) => {
    const { azure, v1 } = (await startForTest(context)).region();
    const classic = await azure.chat.completions.create(ask('Explain what a lease is.', 200));
    const modern = await v1.chat.completions.create(ask('Explain what a lease is.', 200));
    assert.equal(classic.object, 'chat.completion');
    assert.equal(classic.model, 'gpt-4o-mini-2024-07-18');
    assert.ok((classic.choices[0]?.message.content ?? '').length > 20);
    assert.equal(classic.choices[0]?.message.content, modern.choices[0]?.message.content);
    assert.notEqual(classic.id, modern.id);
  });

  test('bill the tokens that prompt and text really have', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const completion = await azure.chat.completions.create(ask('日本語の文章を要約してください。', 300));
    const prompt = 3 + 4 + countTokens('日本語の文章を要約してください。');
    const text = completion.choices[0]?.message.content ?? '';
    assert.equal(completion.usage?.prompt_tokens, prompt);
    assert.equal(completion.usage?.completion_tokens, countTokens(text));
    assert.equal(completion.usage?.total_tokens, prompt + countTokens(text));
  });

  test('end at max_tokens with the reason length', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const cut = await azure.chat.completions.create(ask('[[sluice:answer-tokens=90]]', 40));
    assert.equal(cut.choices[0]?.finish_reason, 'length');
    assert.equal(cut.usage?.completion_tokens, 40);
    const whole = await azure.chat.completions.create(ask('[[sluice:answer-tokens=90]]', 90));
    assert.equal(whole.choices[0]?.finish_reason, 'stop');
    assert.equal(whole.usage?.completion_tokens, 90);
  });

  test('take max_completion_tokens as max_tokens', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const completion = await azure.chat.completions.create({
      ...ask('[[sluice:answer-tokens=90]]'),
      max_completion_tokens: 12,
    });
    assert.equal(completion.usage?.completion_tokens, 12);
  });

  test('give n choices that differ, and bill them all', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const completion = await azure.chat.completions.create({ ...ask('Name a risk.', 60), n: 3 });
    const texts = completion.choices.map((choice) => choice.message.content ?? '');
    assert.deepEqual(
      completion.choices.map((choice) => choice.index),
      [0, 1, 2],
    );
    assert.equal(new Set(texts).size, 3);
    assert.equal(
      completion.usage?.completion_tokens,
      texts.reduce((sum, text) => sum + countTokens(text), 0),
    );
  });

  test('end before a stop sequence', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const whole = await azure.chat.completions.create(ask('Plan the week.', 200));
    const text = whole.choices[0]?.message.content ?? '';
    const stopped = await azure.chat.completions.create({ ...ask('Plan the week.', 200), stop: ['.'] });
    assert.equal(stopped.choices[0]?.message.content, text.slice(0, text.indexOf('.')));
    assert.equal(stopped.choices[0]?.finish_reason, 'stop');
  });

  test('take tools and their results, response_format and text parts', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const completion = await azure.chat.completions.create({
      model: 'mini',
      messages: [
        { role: 'system', content: 'You extract dates as JSON.' },
        { role: 'user', content: [{ type: 'text', text: 'Due on 3 May.' }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'done' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
      response_format: { type: 'json_object' },
      temperature: 0.2,
      seed: 1,
      max_tokens: 50,
    });
    assert.ok((completion.choices[0]?.message.content ?? '') !== '');
  });

  test('carry the annotations of the filter and the headers of the service', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const { data, response } = await azure.chat.completions
      .create(ask('Hello', 40), { headers: { 'x-ms-client-request-id': 'job-1' } })
      .withResponse();
    const annotated = z
      .looseObject({
        prompt_filter_results: z.array(z.unknown()).length(1),
        choices: z.array(z.looseObject({ content_filter_results: z.unknown() })),
      })
      .parse(data);
    assert.equal(annotated.choices.length, 1);
    assert.equal(response.headers.get('x-ms-client-request-id'), 'job-1');
    assert.equal(response.headers.get('x-ms-region'), 'east');
    assert.equal(response.headers.get('x-ms-deployment-name'), 'mini');
    assert.match(response.headers.get('apim-request-id') ?? '', /^[\da-f-]{36}$/u);
    assert.equal(response.headers.get('x-ratelimit-limit-tokens'), '1000000');
    assert.equal(response.headers.get('x-ratelimit-remaining-tokens'), String(1_000_000 - 2 - 40));
    assert.equal(response.headers.get('x-ratelimit-limit-requests'), '6000');
    assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '999');
    assert.equal(response.headers.get('x-ratelimit-reset-tokens'), '60');
    assert.equal(response.headers.get('x-ratelimit-reset-requests'), '10');
  });

  test('a completion that the output filter cuts is 200, shorter, and billed', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const completion = await azure.chat.completions.create(
      ask('[[sluice:output-filter]][[sluice:answer-tokens=50]]', 100),
    );
    assert.equal(completion.choices[0]?.finish_reason, 'content_filter');
    assert.equal(completion.usage?.completion_tokens, 25);
  });

  test('instant answers need no tokenizer, and still count against the windows', async (context) => {
    const azureOpenAi = await startForTest(
      context,
      testSettings([chatDeployment({ tokensPerMinute: 100 })], { isInstant: true }),
    );
    const { azure } = azureOpenAi.region();
    const completion = await azure.chat.completions.create(ask('Hello', 50));
    assert.equal(completion.choices[0]?.finish_reason, 'stop');
    assert.equal((await azureOpenAi.deployment()).tokenWindow.cost, 52);
    const body = { ...ask('The time?', 20), tools: [{ type: 'function', function: { name: 'get_time' } }] } as const;
    const called = await azure.chat.completions.create({ ...body, tools: [...body.tools] });
    assert.equal(called.choices[0]?.finish_reason, 'tool_calls');
  });
});
