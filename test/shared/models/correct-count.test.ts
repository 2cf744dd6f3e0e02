import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyRequestError } from '../../../shared/models/classify-request-error.ts';
import { correctCount } from '../../../shared/models/correct-count.ts';
import type { JsonObject } from '../../../shared/json.ts';

const model = { contextTokens: 128_000, inputTokens: 128_000 };

/** The details of a refusal with this sentence. */
function detailsOf(message: string): JsonObject {
  const error = {
    code: 'context_length_exceeded',
    type: 'invalid_request_error',
    param: 'messages',
    message,
    inner: {},
  };
  const verdict = classifyRequestError(error, 400);
  assert.ok(verdict.kind === 'refused');
  return verdict.details;
}

test('the prompt is what was requested less the output: tools are told apart from the messages', () => {
  const details = detailsOf(
    "This model's maximum context length is 128000 tokens. However, you requested 130000 tokens (119000 in the messages, 1000 in the functions, and 10000 in the completion). Please reduce the length.",
  );

  assert.deepEqual(correctCount({ details, promptTokens: 117_500, outputTokens: 10_000, model }), {
    contextTokens: 128_000,
    inputTokens: 128_000,
    uncountedTokens: 2500,
  });
});

test('a deployment with a smaller window than the catalogue says so', () => {
  const details = detailsOf(
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8000 in the messages, 1000 in the completion).",
  );

  assert.deepEqual(correctCount({ details, promptTokens: 8000, outputTokens: 1000, model }), {
    contextTokens: 8192,
    inputTokens: 8192,
    uncountedTokens: 0,
  });
});

test('a refusal of the prompt alone corrects the window of the prompt', () => {
  const details = detailsOf(
    'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 272010 tokens.',
  );
  const gpt5 = { contextTokens: 400_000, inputTokens: 272_000 };

  assert.deepEqual(correctCount({ details, promptTokens: 271_000, outputTokens: 100_000, model: gpt5 }), {
    contextTokens: 400_000,
    inputTokens: 272_000,
    uncountedTokens: 1010,
  });
});

test('a count of ours that was the higher is told as such', () => {
  const details = detailsOf(
    "This model's maximum context length is 1000 tokens. Your messages resulted in 1100 tokens.",
  );

  assert.partialDeepStrictEqual(correctCount({ details, promptTokens: 1300, outputTokens: 0, model }), {
    inputTokens: 1000,
    uncountedTokens: -200,
  });
});

const sent = { promptTokens: 90_000, outputTokens: 10_000, model };

test('without figures the windows are a twentieth smaller than what was sent', () => {
  assert.deepEqual(correctCount({ details: detailsOf('The prompt is too long.'), ...sent }), {
    contextTokens: 95_000,
    inputTokens: 95_000,
    uncountedTokens: 0,
  });
});

test('without a figure of what was requested the windows are a twentieth smaller than the one that is told', () => {
  const details = detailsOf("This model's maximum context length is 64000 tokens.");

  assert.partialDeepStrictEqual(correctCount({ details, ...sent }), { contextTokens: 60_800, inputTokens: 60_800 });
});

test('figures by which the request would have fitted are not believed', () => {
  const details = detailsOf("This model's maximum context length is 128000 tokens. However, you requested 5 tokens.");

  assert.partialDeepStrictEqual(correctCount({ details, ...sent }), { contextTokens: 95_000, uncountedTokens: 0 });
});
