import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest, modelClientRig, never } from './model-client-rig.ts';
import { chunk, completion, cut, sendEvents, sendJson, startStream, usageChunk } from './scripted-model-server.ts';

const streamed = (more: Parameters<typeof chatRequest>[0] = {}) => chatRequest({ isStreamed: true, ...more });

test('a stream is asked for with its usage and put together as one answer', async (context) => {
  const { server, client } = await modelClientRig(context, async (response) => {
    startStream(response, { 'apim-request-id': 'apim-3', 'x-ratelimit-remaining-requests': '5' });
    await sendEvents(
      response,
      { choices: [], id: '', prompt_filter_results: [] },
      chunk('Hel'),
      chunk('lo'),
      chunk(null, 'stop'),
      usageChunk,
      '[DONE]',
    );
    response.end();
  });

  const body = { ...chatRequest().body, stream_options: { include_obfuscation: false } };
  const outcome = await client.call(streamed({ body }), never());

  assert.ok(outcome.kind === 'completed', JSON.stringify(outcome));
  assert.partialDeepStrictEqual(outcome, { status: 200, requestId: 'apim-3', rateLimit: { remainingRequests: 5 } });
  assert.ok(outcome.timeToFirstChunkMs !== undefined && outcome.timeToFirstChunkMs <= outcome.latencyMs);
  assert.partialDeepStrictEqual(outcome.completion, {
    finishReason: 'stop',
    responseId: 'chatcmpl-1',
    responseModel: 'gpt-4o-2024-08-06',
    usage: { promptTokens: 9, completionTokens: 2, totalTokens: 11, isEstimated: false },
  });
  assert.deepEqual(outcome.completion.body['choices'], [
    { index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' },
  ]);
  assert.partialDeepStrictEqual(server.seen[0]?.body, {
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
  });
});

test('bytes may be cut anywhere, within a character too', async (context) => {
  const text = 'Grüße 😀 日本';
  const { client } = await modelClientRig(context, async (response) => {
    startStream(response);
    const bytes = Buffer.from(
      [chunk(text), chunk(null, 'stop'), usageChunk].map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('') +
        'data: [DONE]\r\n\r\n',
    );
    for (const byte of bytes) {
      await new Promise<void>((resolve) => {
        response.write(Buffer.from([byte]), () => resolve());
      });
    }
    response.end();
  });

  const outcome = await client.call(streamed(), never());

  assert.ok(outcome.kind === 'completed');
  assert.partialDeepStrictEqual(outcome.completion.body, { choices: [{ message: { content: text } }] });
});

test('a stream without usage is counted, and marked', async (context) => {
  const { client } = await modelClientRig(context, async (response) => {
    startStream(response);
    await sendEvents(response, chunk('hello world'), chunk(null, 'stop'), '[DONE]');
    response.end();
  });

  const outcome = await client.call(streamed(), never());

  assert.ok(outcome.kind === 'completed');
  assert.deepEqual(outcome.completion.usage, {
    promptTokens: 9,
    completionTokens: 2,
    totalTokens: 11,
    cachedPromptTokens: 0,
    reasoningTokens: 0,
    isEstimated: true,
  });
});

test('a stream that is cut half way has failed', async (context) => {
  const { client } = await modelClientRig(context, async (response) => {
    startStream(response, { 'apim-request-id': 'apim-4' });
    await sendEvents(response, chunk('Hel'));
    cut(response);
  });

  assert.partialDeepStrictEqual(await client.call(streamed(), never()), {
    kind: 'failed',
    code: 'stream_cut',
    status: 200,
    requestId: 'apim-4',
  });
});

test('a stream that ends without a reason, or before the second answer, has failed', async (context) => {
  const { client } = await modelClientRig(context, async (response) => {
    startStream(response);
    await sendEvents(response, chunk('Hello'), chunk(null, 'stop'));
    response.end();
  });

  assert.partialDeepStrictEqual(await client.call(streamed({ body: { ...chatRequest().body, n: 2 } }), never()), {
    kind: 'failed',
    code: 'stream_cut',
  });
});

test('a stream that is cut after the answer was complete counts: it was paid for', async (context) => {
  const { client } = await modelClientRig(context, async (response) => {
    startStream(response);
    await sendEvents(response, chunk('hello world'), chunk(null, 'stop'));
    cut(response);
  });

  const outcome = await client.call(streamed(), never());

  assert.ok(outcome.kind === 'completed', JSON.stringify(outcome));
  assert.equal(outcome.completion.usage.isEstimated, true);
});

test('a stream that sends no byte for the idle time has stalled', async (context) => {
  const { client } = await modelClientRig(
    context,
    async (response) => {
      startStream(response);
      await sendEvents(response, chunk('Hel'));
    },
    { idleTimeoutMs: 50 },
  );

  assert.partialDeepStrictEqual(await client.call(streamed(), never()), { kind: 'failed', code: 'stream_stalled' });
});

test('a stream that thinks before its first content has not stalled, and has a limit of its own', async (context) => {
  let thinksMs = 200;
  const { client } = await modelClientRig(
    context,
    (response) => {
      startStream(response);
      response.write(': thinking\n\n');
      const timer = setTimeout(() => response.end(`data: ${JSON.stringify(chunk('Hello', 'stop'))}\n\n`), thinksMs);
      response.on('close', () => clearTimeout(timer));
    },
    { idleTimeoutMs: 50, firstContentTimeoutMs: 3000 },
  );

  assert.equal((await client.call(streamed(), never())).kind, 'completed');
  thinksMs = 60_000;
  assert.partialDeepStrictEqual(await client.call(streamed(), never()), { kind: 'failed', code: 'stream_silent' });
});

test('a stream is not stalled while comments come, and ends at the time-out of the call', async (context) => {
  const { client } = await modelClientRig(
    context,
    async (response) => {
      startStream(response);
      await sendEvents(response, chunk('Hel'));
      const timer = setInterval(() => response.write(': alive\n\n'), 20);
      response.on('close', () => clearInterval(timer));
    },
    { idleTimeoutMs: 2000 },
  );

  assert.partialDeepStrictEqual(await client.call(streamed({ timeoutMs: 2500 }), never()), {
    kind: 'failed',
    code: 'timeout',
  });
});

test('no capacity as an event of a 200 is throttled by theirs', async (context) => {
  const { client } = await modelClientRig(context, (response) => {
    startStream(response);
    response.end(
      'event: error\ndata: {"error":{"type":"too_many_requests","code":"no_capacity","message":"high demand"}}\n\n',
    );
  });

  assert.partialDeepStrictEqual(await client.call(streamed(), never()), {
    kind: 'throttled',
    scope: 'capacity',
    status: 200,
  });
});

test('an error between chunks decides, whatever came before and after it', async (context) => {
  const { client } = await modelClientRig(context, async (response) => {
    startStream(response);
    await sendEvents(
      response,
      chunk('Hel'),
      { error: { type: 'server_error', message: 'oops' } },
      chunk('lo', 'stop'),
      usageChunk,
      '[DONE]',
    );
    response.end();
  });

  assert.partialDeepStrictEqual(await client.call(streamed(), never()), {
    kind: 'failed',
    code: 'server_error',
    message: 'oops',
  });
});

test('an event that is no JSON has failed', async (context) => {
  const { client } = await modelClientRig(context, (response) => {
    startStream(response);
    response.end('data: <html>\n\n');
  });

  assert.partialDeepStrictEqual(await client.call(streamed(), never()), { kind: 'failed', code: 'invalid_stream' });
});

test('a stream is aborted by its caller, and the connection is closed', async (context) => {
  const caller = new AbortController();
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const { client } = await modelClientRig(context, async (response) => {
    response.on('close', resolve);
    startStream(response);
    await sendEvents(response, chunk('Hel'));
    caller.abort();
  });

  assert.equal((await client.call(streamed(), caller.signal)).kind, 'aborted');
  await closed;
});

test('an answer that is no stream, though one was asked for, counts as it is', async (context) => {
  const { client } = await modelClientRig(context, (response) => sendJson(response, 200, completion));

  const outcome = await client.call(streamed(), never());

  assert.ok(outcome.kind === 'completed');
  assert.deepEqual(outcome.completion.body, completion);
});

test('a 429 instead of a stream is throttled', async (context) => {
  const { client } = await modelClientRig(context, (response) =>
    sendJson(response, 429, { error: { code: '429' } }, { 'retry-after': '86400' }),
  );

  assert.partialDeepStrictEqual(await client.call(streamed(), never()), {
    kind: 'throttled',
    retryAfterMs: 86_400_000,
  });
});

test('streams one after another share connections', async (context) => {
  const { server, client } = await modelClientRig(context, async (response) => {
    startStream(response);
    await sendEvents(response, chunk('Hello', 'stop'), usageChunk, '[DONE]');
    response.end();
  });

  for (let call = 0; call < 10; call += 1) {
    await client.call(streamed(), never());
  }

  assert.ok(server.connections() <= 2, `${server.connections()} connections`);
});
