import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobText } from '../../bench/jobs.ts';
import { parseJobMessage } from '../../shared/jobs/job-message.ts';

const shape = { prefix: 'bench', model: 'gpt-4o-mini', maxTokens: 16 };

test('a job of the benchmarks is a valid message of the size that was asked for', () => {
  for (const bytes of [512, 1024, 8192]) {
    const text = jobText({ ...shape, bytes, number: 7 });

    const parsed = parseJobMessage({ body: text, messageId: 'bench-7', batchId: undefined });
    assert.equal(parsed.kind, 'valid');
    assert.equal(Buffer.byteLength(text), bytes);
  }
});

test('no two jobs have the same prompt, and every run has the same ones', () => {
  const texts = Array.from({ length: 500 }, (_, number) => jobText({ ...shape, prefix: 'x', bytes: 1024, number }));
  const prompts = new Set(texts.map((text) => text.slice(text.indexOf('messages'))));

  assert.equal(prompts.size, texts.length);
  assert.equal(jobText({ ...shape, prefix: 'x', bytes: 1024, number: 3 }), texts[3]);
});
