import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobEnvelope } from '../../../shared/jobs/job-envelope.ts';
import { type JobPatch, patchEnvelope } from '../../../shared/jobs/job-patch.ts';

const messages = [{ role: 'user', content: 'Hi' }];

function chat(body: Readonly<Record<string, string | number>> = {}, options?: JobEnvelope['options']): JobEnvelope {
  const request = { method: 'POST', url: '/v1/chat/completions', body: { model: 'small', messages, ...body } } as const;
  return { id: 'a', batchId: 'b', request, ...(options === undefined ? {} : { options }) };
}

function patched(envelope: JobEnvelope, patch: JobPatch): JobEnvelope {
  const parsed = patchEnvelope(envelope, patch, (model) => model === 'reasoning');
  assert.ok(parsed.kind === 'valid');
  return parsed.envelope;
}

test('an empty patch changes nothing', () => {
  const envelope = chat({ max_tokens: 5 }, { priority: 'high' });

  assert.deepEqual(patched(envelope, {}), envelope);
});

test('options are laid over the job’s own, and the rest stays', () => {
  const after = patched(chat({}, { maxCostUsd: 1, metadata: { a: 'b' } }), { maxCostUsd: 2, priority: 'high' });

  assert.deepEqual(after.options, { maxCostUsd: 2, metadata: { a: 'b' }, priority: 'high' });
  assert.deepEqual(after.request, chat().request);
});

test('a maximum output goes into the field that the request or its model uses', () => {
  const bodyOf = (body: Readonly<Record<string, string | number>>, patch: JobPatch) =>
    patched(chat(body), patch).request.body;

  assert.deepEqual(bodyOf({ max_tokens: 900 }, { maxOutputTokens: 100 }), {
    model: 'small',
    messages,
    max_tokens: 100,
  });
  assert.deepEqual(bodyOf({ max_completion_tokens: 900 }, { maxOutputTokens: 100 }), {
    model: 'small',
    messages,
    max_completion_tokens: 100,
  });
  assert.deepEqual(bodyOf({}, { maxOutputTokens: 100 }), { model: 'small', messages, max_tokens: 100 });
  assert.deepEqual(bodyOf({ max_tokens: 900 }, { model: 'reasoning' }), {
    model: 'reasoning',
    messages,
    max_completion_tokens: 900,
  });
  assert.deepEqual(bodyOf({}, { model: 'reasoning' }), { model: 'reasoning', messages });
});

test('an embedding takes another model, and no maximum output', () => {
  const request = { method: 'POST', url: '/v1/embeddings', body: { model: 'small', input: 'text' } } as const;

  const after = patched({ request }, { model: 'large', maxOutputTokens: 5 });

  assert.deepEqual(after.request.body, { model: 'large', input: 'text' });
});
