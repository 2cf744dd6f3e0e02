import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobDocumentSchema } from '../../../shared/jobs/job-document.ts';
import { newJobDocument } from '../../../shared/jobs/new-job-document.ts';

const request = {
  method: 'POST' as const,
  url: '/v1/chat/completions' as const,
  body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] },
};
const bare = { id: 'a', digest: 'd', requestRef: undefined, pool: 'p', epoch: 2, createdAt: 5 };

test('the document of a bare job holds what every job has, and nothing undefined', () => {
  const document = newJobDocument({ ...bare, envelope: { request } });

  const expected = { id: 'a', v: 1, state: 'queued', pool: 'p', model: 'gpt-4o', digest: 'd', createdAt: 5, epoch: 2 };
  assert.deepEqual(document, expected);
  assert.deepEqual(jobDocumentSchema.parse(document), expected);
});

test('the document takes over from the envelope what is told of a job without reading its request', () => {
  const options = { deadline: '2030-01-01T00:00:00Z', metadata: { k: 'v' }, priority: 'high' as const };
  const document = newJobDocument({
    ...bare,
    envelope: { customId: 'c', batchId: 'b', tenant: 't', request, options },
    requestRef: 'requests/a~d.json',
    figures: { promptTokens: 3, worstCaseTokens: 9, costTokens: 7, fitting: undefined },
  });

  assert.partialDeepStrictEqual(document, {
    customId: 'c',
    batchId: 'b',
    tenant: 't',
    requestRef: 'requests/a~d.json',
    deadline: Date.UTC(2030, 0, 1),
    metadata: { k: 'v' },
    promptTokens: 3,
    worstCaseTokens: 9,
    costTokens: 7,
    priority: 'high',
  });
  assert.ok(!('request' in document) && !('options' in document));
});
