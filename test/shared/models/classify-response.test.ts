import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import { classifyErrorEvent, classifyResponse } from '../../../shared/models/classify-response.ts';
import type { HeaderReader } from '../../../shared/models/read-rate-limit.ts';

const noHeader: HeaderReader = () => undefined;

function classify(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): CallVerdict {
  return classifyResponse({ status, header: (name) => headers[name], body, operation: 'chat' });
}

function error(fields: object): object {
  return { error: fields };
}

const quotaMessage =
  'Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 7 seconds.';
const contextMessage =
  "This model's maximum context length is 128000 tokens. However, you requested 130010 tokens (120010 in the messages, 10000 in the completion). Please reduce the length of the messages or completion.";
const html = '<html>\n<head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

/** Every row of the service's errors, with what it means. */
const rows: readonly {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
  readonly means: Partial<CallVerdict>;
}[] = [
  {
    name: '429 for the quota is throttled by our limit, with the wait that its message names',
    status: 429,
    body: error({ code: '429', message: quotaMessage }),
    means: { kind: 'throttled', scope: 'quota', retryAfterMs: 7000 },
  },
  {
    name: '429 for the capacity is throttled by theirs',
    status: 429,
    body: error({
      code: 'too_many_requests',
      message: 'The system is currently experiencing high demand and cannot process your request.',
    }),
    means: { kind: 'throttled', scope: 'capacity', retryAfterMs: undefined },
  },
  {
    name: '429 of a gateway is throttled by a quota',
    status: 429,
    body: { statusCode: 429, message: 'Rate limit is exceeded. Try again in 9 seconds.' },
    means: { kind: 'throttled', scope: 'quota', retryAfterMs: 9000 },
  },
  {
    name: '429 without a word is throttled by a quota',
    status: 429,
    body: '',
    means: { kind: 'throttled', scope: 'quota', retryAfterMs: undefined },
  },
  {
    name: '400 context_length_exceeded refuses the job for its context, with the figures',
    status: 400,
    body: error({
      code: 'context_length_exceeded',
      type: 'invalid_request_error',
      param: 'messages',
      message: contextMessage,
    }),
    means: {
      kind: 'refused',
      reason: 'ContextLengthExceeded',
      code: 'context_length_exceeded',
      details: {
        param: 'messages',
        type: 'invalid_request_error',
        windowTokens: 128_000,
        requestedTokens: 130_010,
        overByTokens: 2010,
        promptTokens: 120_010,
        outputTokens: 10_000,
      },
    },
  },
  {
    name: '400 string_above_max_length refuses the job for its context',
    status: 400,
    body: error({
      code: 'string_above_max_length',
      param: 'messages[0].content',
      message: 'Invalid: string too long.',
    }),
    means: { kind: 'refused', reason: 'ContextLengthExceeded', code: 'string_above_max_length' },
  },
  {
    name: '400 for too long an embeddings input, which has no code, refuses the job for its context',
    status: 400,
    body: error({
      code: null,
      type: 'invalid_request_error',
      message:
        "This model's maximum context length is 8192 tokens, however you requested 9001 tokens (9001 in your prompt; 0 for the completion).",
    }),
    means: {
      kind: 'refused',
      reason: 'ContextLengthExceeded',
      details: {
        type: 'invalid_request_error',
        windowTokens: 8192,
        requestedTokens: 9001,
        overByTokens: 809,
        promptTokens: 9001,
        outputTokens: 0,
      },
    },
  },
  {
    name: '400 content_filter refuses the job for its content, with the categories',
    status: 400,
    body: error({
      code: 'content_filter',
      message: 'The response was filtered.',
      innererror: {
        code: 'ResponsibleAIPolicyViolation',
        content_filter_result: { hate: { filtered: true, severity: 'high' } },
      },
    }),
    means: {
      kind: 'refused',
      reason: 'ContentFiltered',
      code: 'content_filter',
      details: {
        innerCode: 'ResponsibleAIPolicyViolation',
        contentFilterResult: { hate: { filtered: true, severity: 'high' } },
      },
    },
  },
  {
    name: '400 with only an inner policy violation refuses the job for its content',
    status: 400,
    body: error({ code: 'BadRequest', innererror: { code: 'ResponsibleAIPolicyViolation' } }),
    means: { kind: 'refused', reason: 'ContentFiltered', code: 'content_filter' },
  },
  {
    name: '400 invalid_request_error refuses the job',
    status: 400,
    body: error({ code: null, type: 'invalid_request_error', param: 'temperature', message: 'too high' }),
    means: {
      kind: 'refused',
      reason: 'InvalidRequest',
      code: 'invalid_request_error',
      message: 'too high',
      details: { param: 'temperature', type: 'invalid_request_error' },
    },
  },
  {
    name: '400 without a word refuses the job',
    status: 400,
    body: {},
    means: { kind: 'refused', reason: 'InvalidRequest', code: 'http_400' },
  },
  {
    name: '413 refuses the job',
    status: 413,
    body: html,
    means: { kind: 'refused', reason: 'InvalidRequest', code: 'http_413' },
  },
  {
    name: '400 with a page of a proxy has failed, as the model never saw the job',
    status: 400,
    body: html,
    means: { kind: 'failed', code: 'http_400' },
  },
  {
    name: '400 OperationNotSupported is the fault of the deployment',
    status: 400,
    body: error({
      code: 'OperationNotSupported',
      message: 'The chatCompletion operation does not work with the specified model.',
    }),
    means: { kind: 'misconfigured', code: 'OperationNotSupported' },
  },
  {
    name: '401 is the fault of the deployment',
    status: 401,
    body: error({ code: '401', message: 'Access denied due to invalid subscription key.' }),
    means: { kind: 'misconfigured', code: '401', message: 'Access denied due to invalid subscription key.' },
  },
  {
    name: '403 is the fault of the deployment',
    status: 403,
    body: error({ code: 'PermissionDenied' }),
    means: { kind: 'misconfigured', code: 'PermissionDenied' },
  },
  {
    name: '403 for being blocked is the fault of the deployment',
    status: 403,
    body: error({ message: 'temporarily blocked' }),
    means: { kind: 'misconfigured', code: 'http_403', message: 'temporarily blocked' },
  },
  {
    name: '404 is the fault of the deployment',
    status: 404,
    body: error({ code: 'DeploymentNotFound' }),
    means: { kind: 'misconfigured', code: 'DeploymentNotFound' },
  },
  {
    name: 'a redirect is the fault of the endpoint',
    status: 302,
    body: '',
    means: { kind: 'misconfigured', code: 'http_302' },
  },
  { name: '408 has failed', status: 408, body: error({ code: 'Timeout' }), means: { kind: 'failed', code: 'timeout' } },
  {
    name: '431 has failed by our own fault',
    status: 431,
    body: '',
    means: { kind: 'failed', code: 'request_headers_too_large' },
  },
  {
    name: '500 has failed',
    status: 500,
    body: error({ type: 'server_error', message: 'oops' }),
    means: { kind: 'failed', code: 'http_500', message: 'oops' },
  },
  {
    name: '502 with a page has failed, and the page is told by its title',
    status: 502,
    body: html,
    means: { kind: 'failed', code: 'http_502', message: '502 Bad Gateway' },
  },
  { name: '503 has failed', status: 503, body: '', means: { kind: 'failed', code: 'http_503' } },
  { name: '504 has failed', status: 504, body: null, means: { kind: 'failed', code: 'http_504' } },
  {
    name: 'a 200 that is a lack of capacity is throttled by theirs',
    status: 200,
    body: error({ type: 'too_many_requests', code: 'no_capacity', message: 'no' }),
    means: { kind: 'throttled', scope: 'capacity' },
  },
  {
    name: 'a 200 with a page has failed',
    status: 200,
    body: html,
    means: { kind: 'failed', code: 'invalid_response' },
  },
  {
    name: 'a 200 without a choice has failed',
    status: 200,
    body: { choices: [] },
    means: { kind: 'failed', code: 'invalid_response' },
  },
  {
    name: 'a 200 with a choice that says nothing has failed',
    status: 200,
    body: { choices: [{ index: 0 }] },
    means: { kind: 'failed', code: 'invalid_response' },
  },
  {
    name: 'a 200 without a body has failed',
    status: 200,
    body: undefined,
    means: { kind: 'failed', code: 'invalid_response' },
  },
];

for (const { name, status, body, means } of rows) {
  test(name, () => {
    assert.partialDeepStrictEqual(classify(status, body), means);
  });
}

test('a completion is kept as it came, with its usage', () => {
  const body = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'gpt-4o-2024-08-06',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'Hi', new_field: 1 }, finish_reason: 'content_filter' },
    ],
    usage: {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    unknown: { kept: true },
  };

  assert.deepEqual(classify(200, body), {
    kind: 'completed',
    completion: {
      body,
      usage: {
        promptTokens: 10,
        completionTokens: 5,
        totalTokens: 15,
        cachedPromptTokens: 4,
        reasoningTokens: 3,
        isEstimated: false,
      },
      finishReason: 'content_filter',
      responseModel: 'gpt-4o-2024-08-06',
      responseId: 'chatcmpl-1',
    },
  });
});

test('embeddings complete without completion tokens', () => {
  const body = {
    object: 'list',
    data: [{ index: 0, embedding: [0.5] }],
    model: 'm',
    usage: { prompt_tokens: 2, total_tokens: 2 },
  };

  const verdict = classifyResponse({ status: 200, header: noHeader, body, operation: 'embeddings' });

  assert.partialDeepStrictEqual(verdict, {
    kind: 'completed',
    completion: { usage: { promptTokens: 2, completionTokens: 0, totalTokens: 2, isEstimated: false } },
  });
});

test('a completion without usage is marked for counting', () => {
  const verdict = classify(200, { choices: [{ message: { content: 'Hi' } }] });

  assert.partialDeepStrictEqual(verdict, { kind: 'completed', completion: { usage: { isEstimated: true } } });
});

const events: readonly (readonly [string, unknown, Partial<CallVerdict>])[] = [
  [
    'no capacity in a stream is throttled by theirs',
    { error: { type: 'too_many_requests', code: 'no_capacity', message: 'x' } },
    { kind: 'throttled', scope: 'capacity' },
  ],
  [
    'a rate limit in a stream is throttled by ours',
    { error: { code: 'rate_limit_exceeded', message: 'retry after 3 seconds' } },
    { kind: 'throttled', scope: 'quota', retryAfterMs: 3000 },
  ],
  [
    'a server error in a stream has failed',
    { error: { type: 'server_error', message: 'oops' } },
    { kind: 'failed', code: 'server_error', message: 'oops' },
  ],
  [
    'a status in a stream stands for the answer it could not be',
    { error: { code: 401 } },
    { kind: 'misconfigured', code: '401' },
  ],
  [
    'a content filter in a stream refuses the job',
    { error: { code: 'content_filter', message: 'x' } },
    { kind: 'refused', reason: 'ContentFiltered' },
  ],
  ['an error in a stream without a word has failed', {}, { kind: 'failed', code: 'error_in_stream' }],
];

for (const [name, event, means] of events) {
  test(name, () => {
    assert.partialDeepStrictEqual(classifyErrorEvent(event), means);
  });
}

test('an error message is told in a thousand characters at the most', () => {
  const verdict = classify(500, error({ message: 'x'.repeat(100_000) }));

  assert.ok(verdict.kind === 'failed' && verdict.message.length <= 1001);
});

test('any status, headers and body have a verdict', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('error', 'code', 'message', 'choices', 'usage', '__proto__'));
  const body = fc.oneof(
    fc.anything({ key: text, maxDepth: 4 }),
    fc.jsonValue(),
    fc.record(
      { error: fc.anything({ key: text }), choices: fc.anything(), data: fc.anything(), usage: fc.anything() },
      { requiredKeys: [] },
    ),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 700 }),
      body,
      fc.option(fc.string()),
      fc.constantFrom('chat', 'embeddings'),
      (status, value, header, operation) => {
        const verdict = classifyResponse({ status, header: () => header, body: value, operation });
        assert.ok(verdict.kind !== 'aborted');
        assert.ok(verdict.kind !== 'completed' || (status >= 200 && status < 300));
        assert.notEqual(classifyErrorEvent(value).kind, 'completed');
      },
    ),
    { numRuns: 500 },
  );
});
