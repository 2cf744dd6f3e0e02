import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classifyRequestError } from '../../../shared/models/classify-request-error.ts';
import { correctCount } from '../../../shared/models/correct-count.ts';
import { fitRequest } from '../../../shared/models/fit-request.ts';
import type { JsonObject } from '../../../shared/json.ts';
import type { CountedPrompt } from '../../../shared/tokens/prompt-count.ts';

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

/** A service with a window of its own that counts so many tokens more for each message than we do, or fewer. */
interface Service {
  readonly windowTokens: number;
  readonly morePerMessage: number;
}

function countByService(service: Service, count: CountedPrompt): number {
  return count.tokens + service.morePerMessage * count.parts.length;
}

test('what is fitted again fits by the service, however much more or less it counts, and whatever its window', () => {
  const whole = fc.array(fc.integer({ min: 10, max: 300 }), { minLength: 2, maxLength: 30 });
  const anyService = fc.record({
    windowTokens: fc.integer({ min: 100, max: 3000 }),
    morePerMessage: fc.integer({ min: -9, max: 20 }),
  });
  const outputs = fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined });
  let corrected = 0;
  fc.assert(
    fc.property(whole, anyService, outputs, (tokens, service, outputTokens) => {
      const small = { operation: 'chat', contextTokens: 2000, inputTokens: 2000, outputTokens: 200 } as const;
      const wish = { ...conversationOf(tokens, outputTokens), model: small, onOverflow: 'trim' } as const;
      const first = fitRequest(wish);
      const asked = outputTokens ?? 0;
      if (first.kind === 'overflows' || countByService(service, first.count) + asked <= service.windowTokens) {
        return;
      }
      const promptTokens = countByService(service, first.count);
      const output = outputTokens === undefined ? {} : { outputTokens };
      const details = { windowTokens: service.windowTokens, requestedTokens: promptTokens + asked, ...output };
      const correction = correctCount({ details, promptTokens: first.count.tokens, outputTokens: asked, model: small });
      const again = fitRequest({ ...wish, correction });
      if (again.kind === 'fits') {
        corrected += 1;
        assert.ok(countByService(service, again.count) + asked <= service.windowTokens);
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(corrected > 50, `${corrected} were made to fit again`);
});

function conversationOf(tokens: readonly number[], outputTokens: number | undefined) {
  const parts = tokens.map((each, index) => ({ index, role: 'user', tokens: each, leastTokens: each }));
  const all = tokens.reduce((sum, each) => sum + each, 3);
  const count: CountedPrompt = { kind: 'counted', tokens: all, leastTokens: all, precision: 'counted', parts };
  const messages = tokens.map(() => ({ role: 'user', content: '' }));
  const turns = { kept: [tokens.length - 1], older: tokens.slice(1).map((_, place) => [place]) };
  return { body: { messages, ...(outputTokens === undefined ? {} : { max_tokens: outputTokens }) }, count, turns };
}
