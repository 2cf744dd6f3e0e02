import fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { deadlineOf, isStreamed, modelOf, operationOf, parseJobEnvelope } from '../../../shared/jobs/job-envelope.ts';

const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] };
const request = { method: 'POST', url: '/v1/chat/completions', body };
const line = { custom_id: 'line-1', ...request };

function problems(value: unknown): readonly string[] {
  const parsed = parseJobEnvelope(value);
  return parsed.kind === 'invalid' ? parsed.problems.map(({ path }) => path) : [];
}

function withBody(changes: object): object {
  return { request: { ...request, body: { ...body, ...changes } } };
}

function withOptions(options: object): object {
  return { request, options };
}

test('the whole contract is taken, and every field of the body passes through untouched', () => {
  const envelope = {
    v: 1,
    id: 'a',
    customId: 'c',
    batchId: 'b',
    tenant: 't',
    request: { ...request, body: { ...body, temperature: 0.3, newer: { deep: [null, { x: 'ä' }] }, stream: null } },
    options: {
      regions: ['east'],
      priority: 'high',
      onOverflow: 'dead-letter',
      maxCostUsd: 0.01,
      deadline: '2026-01-31T08:00:00+01:00',
      stream: true,
      metadata: { team: 'a' },
    },
  };

  assert.deepEqual(parseJobEnvelope(envelope), { kind: 'valid', envelope });
});

test('a bare batch line becomes an envelope, named by its custom_id', () => {
  assert.deepEqual(parseJobEnvelope(line), { kind: 'valid', envelope: { customId: 'line-1', request } });
});

describe('what is refused, and the path that is told', () => {
  const cases: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['no object', 'text', ['']],
    ['a list', [request], ['']],
    ['null', null, ['']],
    ['nothing', {}, ['request']],
    ['an unknown field', { request, colour: 'red' }, ['colour']],
    ['several unknown fields', { request, colour: 'red', shape: 'round' }, ['colour', 'shape']],
    ['an unknown field of the request', { request: { ...request, headers: {} } }, ['request.headers']],
    ['an unknown option', withOptions({ urgent: true }), ['options.urgent']],
    ['another version', { v: 2, request }, ['v']],
    ['an id with a slash', { id: 'a/b', request }, ['id']],
    ['an id that is a dot segment', { id: '..', request }, ['id']],
    ['a batch id that is too long', { batchId: 'x'.repeat(129), request }, ['batchId']],
    ['a tenant with a space', { tenant: 'a b', request }, ['tenant']],
    ['another method', { request: { ...request, method: 'GET' } }, ['request.method']],
    ['another path', { request: { ...request, url: '/v1/files' } }, ['request.url']],
    ['a whole address', { request: { ...request, url: 'https://evil.example/v1/chat/completions' } }, ['request.url']],
    ['a host by //', { request: { ...request, url: '//evil.example/v1/chat/completions' } }, ['request.url']],
    ['a path with a query', { request: { ...request, url: '/v1/chat/completions?x=1' } }, ['request.url']],
    ['a path with dot segments', { request: { ...request, url: '/v1/../v1/chat/completions' } }, ['request.url']],
    ['a body that is text', { request: { ...request, body: '{}' } }, ['request.body']],
    ['no model', withBody({ model: undefined }), ['request.body.model']],
    ['an empty model', withBody({ model: '' }), ['request.body.model']],
    ['a model that is no text', withBody({ model: 4 }), ['request.body.model']],
    ['no messages', withBody({ messages: [] }), ['request.body.messages']],
    ['messages that are no list', withBody({ messages: 'Hi' }), ['request.body.messages']],
    ['zero tokens', withBody({ max_tokens: 0 }), ['request.body.max_tokens']],
    ['half a token', withBody({ max_completion_tokens: 1.5 }), ['request.body.max_completion_tokens']],
    ['too many answers', withBody({ n: 129 }), ['request.body.n']],
    ['data sources', withBody({ data_sources: [{ type: 'azure_search' }] }), ['request.body.data_sources']],
    ['data sources that are null', withBody({ data_sources: null }), ['request.body.data_sources']],
    [
      'embeddings without input',
      { request: { ...request, url: '/v1/embeddings', body: { model: 'e' } } },
      ['request.body.input'],
    ],
    ['no region', withOptions({ regions: [] }), ['options.regions']],
    ['another priority', withOptions({ priority: 'urgent' }), ['options.priority']],
    ['an overflow that is not available', withOptions({ onOverflow: 'truncate' }), ['options.onOverflow']],
    ['a cap of nothing', withOptions({ maxCostUsd: 0 }), ['options.maxCostUsd']],
    ['a deadline without a zone', withOptions({ deadline: '2026-01-31T08:00:00' }), ['options.deadline']],
    ['a deadline on no calendar', withOptions({ deadline: '2026-02-30T08:00:00Z' }), ['options.deadline']],
    ['metadata that is no text', withOptions({ metadata: { a: 1 } }), ['options.metadata.a']],
    ['metadata that is too long', withOptions({ metadata: { a: 'x'.repeat(513) } }), ['options.metadata.a']],
    ['a batch line with an id', { ...line, id: 'a' }, ['id']],
    ['a batch line of another path', { ...line, url: '//evil.example' }, ['url']],
    ['a batch line without messages', { ...line, body: { model: 'm' } }, ['body.messages']],
    ['a batch line with an unfit custom_id', { ...line, custom_id: 'a b' }, ['custom_id']],
  ];
  for (const [name, value, paths] of cases) {
    it(name, () => assert.deepEqual(problems(value), paths));
  }
});

test('JSON nested deeper than 64 levels is refused before anything walks it, however deep', () => {
  const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

  assert.deepEqual(problems(withBody({ deep: nested(63) })), []);
  assert.deepEqual(problems(withBody({ deep: nested(64) })), ['request.body']);
  assert.deepEqual(problems(withBody({ deep: nested(100_000) })), ['request.body']);
});

test('`__proto__` is a key like any other: unknown outside the body, passed through inside', () => {
  assert.deepEqual(problems(JSON.parse(`{"request":${JSON.stringify(request)},"__proto__":{"id":"x"}}`)), [
    '__proto__',
  ]);

  const inside: unknown = JSON.parse(
    `{"request":{"method":"POST","url":"/v1/chat/completions","body":{"__proto__":{"model":"evil"},"model":"m","messages":[{}]}}}`,
  );
  const parsed = parseJobEnvelope(inside);
  assert.ok(parsed.kind === 'valid');
  assert.equal(modelOf(parsed.envelope.request), 'm');
  assert.ok(JSON.stringify(parsed.envelope.request.body).includes('"__proto__":{"model":"evil"}'));

  const only: unknown = JSON.parse(
    `{"request":{"method":"POST","url":"/v1/chat/completions","body":{"__proto__":{"model":"m"}}}}`,
  );
  assert.ok(problems(only).includes('request.body.model'), 'a model by inheritance is none');
});

test('unknown fields are told one by one, twenty at the most', () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field-${index}`, 1]));

  assert.equal(problems({ request, ...many }).length, 20);
});

test('reading never throws, whatever it is given', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.json().map((text): unknown => JSON.parse(text)),
      ),
      (value) => {
        assert.ok(['valid', 'invalid'].includes(parseJobEnvelope(value).kind));
      },
    ),
    { numRuns: 500 },
  );
});

test('the url tells the operation, with the version or without', () => {
  const operation = (url: string) => {
    const parsed = parseJobEnvelope({ request: { ...request, url, body: { ...body, input: 'x' } } });
    return parsed.kind === 'valid' ? operationOf(parsed.envelope.request) : undefined;
  };

  assert.deepEqual(['/v1/chat/completions', '/chat/completions', '/v1/embeddings', '/embeddings'].map(operation), [
    'chat',
    'chat',
    'embeddings',
    'embeddings',
  ]);
});

test('a stream is asked for by the option, and else by the body', () => {
  const isIt = (value: object): boolean => {
    const parsed = parseJobEnvelope(value);
    return parsed.kind === 'valid' && isStreamed(parsed.envelope);
  };

  assert.deepEqual([withBody({}), withBody({ stream: true }), withOptions({ stream: true })].map(isIt), [
    false,
    true,
    true,
  ]);
  assert.equal(isIt({ ...withBody({ stream: true }), options: { stream: false } }), false);
});

test('a deadline is an instant, and no deadline is none', () => {
  assert.equal(deadlineOf({ options: { deadline: '1970-01-01T01:00:00.5+01:00' } }), 500);
  assert.equal(deadlineOf({}), undefined);
});

test('metadata and regions that are too many are refused by their number alone', () => {
  const fields = (count: number): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`field-${index}`, 'x']));
  const told = (value: unknown): readonly string[] => {
    const parsed = parseJobEnvelope(value);
    return parsed.kind === 'invalid' ? parsed.problems.map(({ path, message }) => `${path}: ${message}`) : [];
  };

  assert.deepEqual(told({ request, options: { metadata: fields(5000) } }), [
    'options.metadata: holds more than 16 keys',
  ]);
  assert.deepEqual(told({ request, options: { regions: Array.from({ length: 5000 }, () => '') } }), [
    'options.regions: holds more than 50 regions',
  ]);
  assert.deepEqual(told({ request: { ...request, body: { ...request.body, ...fields(2000) } } }), []);
});

test('a path shows the begin of a key of megabytes', () => {
  const parsed = parseJobEnvelope({ request, ['k'.repeat(2_000_000)]: 1 });

  assert.ok(parsed.kind === 'invalid');
  assert.ok(JSON.stringify(parsed.problems).length < 300);
});
