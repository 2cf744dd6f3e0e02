import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJsonObject, parseJson } from '../../../shared/tokens/json-guards.ts';
import { chatRequest, clientOf, modelClientRig, never } from './model-client-rig.ts';
import { completion, cut, sendJson } from './scripted-model-server.ts';

test('a classic region is called by its deployment, and the answer is kept as it came', async (context) => {
  const headers = {
    'apim-request-id': 'apim-1',
    'x-ratelimit-limit-tokens': '30000',
    'x-ratelimit-remaining-tokens': '29000',
  };
  const { server, client } = await modelClientRig(context, (response) => sendJson(response, 200, completion, headers));
  const body = {
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'hi' }],
    field_of_next_year: { a: [1] },
    stream: true,
    stream_options: {},
  };

  const outcome = await client.call(chatRequest({ body }), never());

  assert.partialDeepStrictEqual(outcome, {
    kind: 'completed',
    status: 200,
    requestId: 'apim-1',
    timeToFirstChunkMs: undefined,
    rateLimit: { limitTokens: 30_000, remainingTokens: 29_000, limitRequests: undefined },
  });
  assert.ok(outcome.kind === 'completed');
  assert.deepEqual(outcome.completion.body, completion);
  assert.equal(outcome.completion.usage.totalTokens, 11);
  const [seen] = server.seen;
  assert.equal(seen?.url, '/openai/deployments/gpt-4o-prod/chat/completions?api-version=2024-10-21');
  assert.equal(seen.headers['api-key'], 'key-1');
  assert.equal(seen.headers.authorization, undefined);
  assert.equal(seen.headers['x-ms-client-request-id'], 'job-1.1');
  assert.deepEqual(seen.body, {
    model: 'gpt-4o-prod',
    messages: [{ role: 'user', content: 'hi' }],
    field_of_next_year: { a: [1] },
  });
});

test('an answer is kept as the text that it came in, on one line', async (context) => {
  const { client } = await modelClientRig(context, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const start = '{"n": 1.00,\r\n"note": "two\\nlines",';
    response.end(JSON.stringify(completion, undefined, 2).replace('{', () => start));
  });

  const outcome = await client.call(chatRequest(), never());

  assert.ok(outcome.kind === 'completed');
  const { text = '', body } = outcome.completion;
  assert.doesNotMatch(text, /[\r\n]/u);
  assert.match(text, /"n": 1\.00,/u);
  assert.deepEqual(JSON.parse(text), body);
});

test('a v1 region is called with the deployment as its model and no api-version', async (context) => {
  const { server, client } = await modelClientRig(context, (response) => sendJson(response, 200, completion));

  await client.call(chatRequest({ region: 'two' }), never());

  const [seen] = server.seen;
  assert.equal(seen?.url, '/openai/v1/chat/completions');
  assert.equal(seen.headers['api-key'], 'key-1');
  assert.equal(seen.headers.authorization, undefined);
  assert.partialDeepStrictEqual(seen.body, { model: 'gpt-4o-prod' });
});

test('embeddings have a route of their own', async (context) => {
  const answer = {
    object: 'list',
    data: [{ index: 0, embedding: [0.1] }],
    usage: { prompt_tokens: 2, total_tokens: 2 },
  };
  const { server, client } = await modelClientRig(context, (response) => sendJson(response, 200, answer));

  const outcome = await client.call(
    chatRequest({ operation: 'embeddings', deployment: 'emb', body: { input: 'hello world' }, isStreamed: true }),
    never(),
  );

  assert.equal(outcome.kind, 'completed');
  assert.equal(server.seen[0]?.url, '/openai/deployments/emb/embeddings?api-version=2024-10-21');
  assert.deepEqual(server.seen[0]?.body, { input: 'hello world', model: 'emb' });
});

test('a deployment name stays one segment of the path (S1)', async (context) => {
  const { server, client } = await modelClientRig(context, (response) => sendJson(response, 200, completion));

  await client.call(chatRequest({ deployment: '../../admin?x=1#' }), never());

  assert.equal(
    server.seen[0]?.url,
    '/openai/deployments/..%2F..%2Fadmin%3Fx%3D1%23/chat/completions?api-version=2024-10-21',
  );
  await assert.rejects(client.call(chatRequest({ deployment: '..' }), never()), { code: 'models.invalid_deployment' });
  assert.equal(server.seen.length, 1);
});

test('a region that is not configured is a mistake of the caller', async () => {
  await assert.rejects(clientOf('http://127.0.0.1:1').call(chatRequest({ region: 'mars' }), never()), {
    code: 'models.unknown_region',
  });
});

test('a token of the credential is sent where there is no key, for both kinds of path', async (context) => {
  const { server, client } = await modelClientRig(context, (response) => sendJson(response, 200, completion));
  const scopes: unknown[] = [];
  const region = { endpoint: server.endpoint, apiVersion: '2024-10-21' };
  const byIdentity = clientOf(server.endpoint, {
    regions: [
      { ...region, name: 'one', path: 'classic' },
      { ...region, name: 'two', path: 'v1' },
    ],
    scope: 'https://ai.azure.com/.default',
    credential: {
      getToken: async (scope) => {
        scopes.push(scope);
        return { token: 'token-1', expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
      },
    },
  });
  context.after(() => byIdentity.close());

  await byIdentity.call(chatRequest(), never());
  await byIdentity.call(chatRequest({ region: 'two' }), never());

  assert.deepEqual(scopes, ['https://ai.azure.com/.default', 'https://ai.azure.com/.default']);
  assert.deepEqual(
    server.seen.map((seen) => [seen.headers.authorization, seen.headers['api-key']]),
    [
      ['Bearer token-1', undefined],
      ['Bearer token-1', undefined],
    ],
  );
  assert.equal(client === byIdentity, false);
});

test('a credential that gives no token is the fault of the deployment, and nothing is sent', async (context) => {
  const { server, client: unused } = await modelClientRig(context, (response) => sendJson(response, 200, completion));
  await unused.close();
  const region = { endpoint: server.endpoint, apiVersion: '2024-10-21' };
  const client = clientOf(server.endpoint, {
    regions: [
      { ...region, name: 'one', path: 'classic' },
      { ...region, name: 'two', path: 'v1' },
    ],
    credential: { getToken: async () => Promise.reject(new Error('no identity here')) },
  });
  context.after(() => client.close());

  for (const name of ['one', 'two']) {
    assert.partialDeepStrictEqual(await client.call(chatRequest({ region: name }), never()), {
      kind: 'misconfigured',
      code: 'credential_failed',
    });
  }
  assert.equal(server.seen.length, 0);
});

test('an error answer is classified by its body and headers, and never tried again', async (context) => {
  const { server, client } = await modelClientRig(context, (response) =>
    sendJson(
      response,
      429,
      { error: { code: '429', message: 'exceeded token rate limit' } },
      {
        'retry-after': '1',
        'retry-after-ms': '0',
        'apim-request-id': 'apim-2',
        'x-ratelimit-remaining-tokens': '0',
        'x-should-retry': 'true',
      },
    ),
  );

  const outcome = await client.call(chatRequest(), never());

  assert.partialDeepStrictEqual(outcome, {
    kind: 'throttled',
    scope: 'quota',
    retryAfterMs: 1000,
    status: 429,
    requestId: 'apim-2',
    rateLimit: { remainingTokens: 0 },
  });
  assert.equal(server.seen.length, 1);
});

test('an HTML page with a 502 has failed, told by its title', async (context) => {
  const { client } = await modelClientRig(context, (response) => {
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end('<html><head><title>502 Bad Gateway</title></head></html>');
  });

  assert.partialDeepStrictEqual(await client.call(chatRequest(), never()), {
    kind: 'failed',
    code: 'http_502',
    message: '502 Bad Gateway',
    status: 502,
  });
});

test('a 200 that is no JSON has failed, and JSON under another content type has not', async (context) => {
  const { client } = await modelClientRig(context, (response, request) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(request.url.includes('html') ? '<html></html>' : JSON.stringify(completion));
  });

  assert.partialDeepStrictEqual(await client.call(chatRequest({ deployment: 'html' }), never()), {
    kind: 'failed',
    code: 'invalid_response',
    status: 200,
  });
  assert.equal((await client.call(chatRequest(), never())).kind, 'completed');
});

test('usage that the service leaves out is counted, and marked', async (context) => {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'hello world' }, finish_reason: 'stop' }];
  const { client } = await modelClientRig(context, (response) => sendJson(response, 200, { choices }));

  const outcome = await client.call(chatRequest(), never());

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

test('a redirect is not followed, and the key goes nowhere else', async (context) => {
  const { server, client } = await modelClientRig(context, (response) => {
    response.writeHead(307, { location: '/elsewhere' });
    response.end();
  });

  for (const region of ['one', 'two']) {
    assert.partialDeepStrictEqual(await client.call(chatRequest({ region }), never()), {
      kind: 'misconfigured',
      status: 307,
    });
  }
  assert.equal(server.seen.length, 2);
});

test('a region that nothing listens on has failed, by the code of the network', async (context) => {
  const { server, client } = await modelClientRig(context, (response) => sendJson(response, 200, completion));
  await server.stop();

  const outcome = await client.call(chatRequest(), never());

  assert.partialDeepStrictEqual(outcome, { kind: 'failed', code: 'connection_failed', status: undefined });
  assert.ok(outcome.kind === 'failed' && outcome.message.includes('ECONNREFUSED'));
  context.diagnostic(outcome.message);
});

test('a connection that is cut before or within the answer has failed', async (context) => {
  const { client } = await modelClientRig(context, (response, request) => {
    if (request.url.includes('within')) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"choices":', () => cut(response));
    } else {
      cut(response);
    }
  });

  assert.partialDeepStrictEqual(await client.call(chatRequest(), never()), {
    kind: 'failed',
    code: 'connection_failed',
  });
  assert.partialDeepStrictEqual(await client.call(chatRequest({ deployment: 'within' }), never()), {
    kind: 'failed',
    code: 'connection_failed',
  });
});

test('a call ends as aborted when its signal is, before it is sent or while it waits', async (context) => {
  const caller = new AbortController();
  const { server, client } = await modelClientRig(context, () => caller.abort());

  assert.equal((await client.call(chatRequest(), AbortSignal.abort())).kind, 'aborted');
  assert.equal(server.seen.length, 0);
  assert.equal((await client.call(chatRequest(), caller.signal)).kind, 'aborted');
  assert.equal(server.seen.length, 1);
});

test('a call that takes longer than its time-out has failed, with or without headers', async (context) => {
  const { client } = await modelClientRig(context, (response, request) => {
    if (request.url.includes('headers')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
    }
  });

  for (const deployment of ['silent', 'headers']) {
    assert.partialDeepStrictEqual(await client.call(chatRequest({ deployment, timeoutMs: 50 }), never()), {
      kind: 'failed',
      code: 'timeout',
    });
  }
});

test('a body that is nested too deep to be written is refused without a call', async (context) => {
  const { server, client } = await modelClientRig(context, (response) => sendJson(response, 200, completion));
  const body = parseJson(`{"messages":[],"x":${'['.repeat(40_000)}${']'.repeat(40_000)}}`);
  assert.ok(isJsonObject(body));

  assert.partialDeepStrictEqual(await client.call(chatRequest({ body }), never()), {
    kind: 'refused',
    reason: 'InvalidRequest',
    code: 'body_too_deep',
  });
  assert.equal(server.seen.length, 0);
});

test('calls one after another share connections, and no more are opened than configured', async (context) => {
  const { server, client } = await modelClientRig(context, (response) => sendJson(response, 200, completion), {
    connections: 3,
  });

  for (let call = 0; call < 10; call += 1) {
    await client.call(chatRequest(), never());
  }
  assert.ok(server.connections() <= 2, `${server.connections()} connections`);

  await Promise.all(Array.from({ length: 20 }, () => client.call(chatRequest(), never())));
  assert.ok(server.connections() <= 3, `${server.connections()} connections`);
});
