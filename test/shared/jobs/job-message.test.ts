import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idOfLine, parseJobMessage, toMessageText } from '../../../shared/jobs/job-message.ts';
import { requestName } from '../../../shared/payloads/payload-name.ts';

const request = {
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
} as const;
const digest = 'd'.repeat(64);

function parse(body: unknown, messageId?: string, batchId?: string) {
  return parseJobMessage({ body, messageId, batchId });
}

function idOf(body: unknown, messageId?: string, batchId?: string): string | undefined {
  const parsed = parse(body, messageId, batchId);
  return parsed.kind === 'valid' ? parsed.message.id : undefined;
}

test('what Sluice writes, it reads back', () => {
  const head = { id: 'a', customId: 'c', batchId: 'b', tenant: 't', options: { priority: 'high' } } as const;
  const inline = toMessageText({ id: 'a', envelope: head, digest, request: { inline: request } });
  const ref = requestName('a', digest);
  const stored = toMessageText({ id: 'a', envelope: head, digest, request: { ref } });

  assert.deepEqual(parse(JSON.parse(inline)), {
    kind: 'valid',
    message: { kind: 'inline', id: 'a', envelope: { ...head, v: 1, request } },
  });
  assert.deepEqual(parse(JSON.parse(stored)), {
    kind: 'valid',
    message: { kind: 'stored', id: 'a', requestRef: ref, digest, envelope: head },
  });
});

test('the id is the own one, then the custom_id behind its batch, then the message id', () => {
  const line = { custom_id: 'line-1', ...request };

  assert.equal(idOf({ id: 'own', request }, 'message', 'batch'), 'own');
  assert.equal(idOf(line, 'message', 'batch'), 'batch:line-1');
  assert.equal(idOf(line, 'message'), 'line-1');
  assert.equal(idOf({ request }, 'message'), 'message');
  assert.equal(idOf({ customId: 'c', batchId: 'own-batch', request }, 'message', 'batch'), 'own-batch:c');
  assert.equal(idOfLine(undefined, 'b'), undefined);
});

test('an id that cannot serve is no id, and the problem is told at its path', () => {
  for (const messageId of [undefined, 'a/b', '..', 'x'.repeat(129)]) {
    assert.partialDeepStrictEqual(parse({ request }, messageId), {
      kind: 'invalid',
      id: undefined,
      problems: [{ path: 'id' }],
    });
  }
  assert.equal(parse({ custom_id: 'x'.repeat(100), ...request }, 'm', 'b'.repeat(100)).kind, 'invalid');
});

test('a batch id that cannot serve is left out', () => {
  assert.equal(idOf({ custom_id: 'line-1', ...request }, 'message', 'a/b'), 'line-1');
});

test('a body is JSON, as text or parsed; bytes and other text are none', () => {
  assert.equal(idOf(JSON.stringify({ id: 'a', request })), 'a');
  for (const body of ['no json', '', new Uint8Array([1, 2]), undefined, null]) {
    const message = body === '' ? 'the body is not JSON: it ends too early' : 'the body is not JSON';
    assert.deepEqual(parse(body, 'message'), { kind: 'invalid', id: 'message', problems: [{ path: '', message }] });
  }
});

test('a message names the stored request of its own job, and nothing else (S1)', () => {
  const own = { v: 1, id: 'a', digest, requestRef: requestName('a', digest) };
  assert.equal(parse(own).kind, 'valid');
  const foreign = [
    { ...own, requestRef: requestName('b', digest) },
    { ...own, requestRef: requestName('a', 'e'.repeat(64)) },
    { ...own, requestRef: '../secrets.json' },
    { ...own, requestRef: 'https://evil.example/x.json' },
    { ...own, requestRef: 'results/a~owner.json' },
    { ...own, requestRef: 7 },
    { ...own, digest: 'short' },
    { ...own, request },
    { ...own, id: undefined },
  ];
  for (const body of foreign) {
    assert.equal(parse(body).kind, 'invalid', JSON.stringify(body));
  }
});

test('an invalid message tells its id when it has one that can serve', () => {
  assert.partialDeepStrictEqual(parse({ id: 'a', request: {} }, 'message'), { kind: 'invalid', id: 'a' });
  assert.partialDeepStrictEqual(parse({ request: {} }, 'message'), { kind: 'invalid', id: 'message' });
  assert.partialDeepStrictEqual(parse({ id: '<script>', request: {} }, 'message'), { kind: 'invalid', id: undefined });
});

test('reading never throws, whatever stands on the queue', () => {
  fc.assert(
    fc.property(fc.anything(), fc.option(fc.string(), { nil: undefined }), (body, messageId) => {
      assert.ok(['valid', 'invalid'].includes(parse(body, messageId, messageId).kind));
    }),
    { numRuns: 500 },
  );
});
