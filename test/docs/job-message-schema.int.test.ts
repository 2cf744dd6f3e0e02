import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { parseJobEnvelope } from '../../shared/jobs/job-envelope.ts';
import { parseJson } from '../../shared/tokens/json-guards.ts';
import { jobMessageSchema, schemaPath } from '../../tools/make-schema.ts';
import { readmeJobs } from './readme.ts';
import { senderSamples } from './sender-samples.ts';

const published: unknown = JSON.parse(readFileSync(schemaPath, 'utf8'));

/** JSON Schema as its readers understand it: the file alone, read back by zod's own reader. */
const bySchema = z.fromJSONSchema(jobMessageSchema());

const chat = { method: 'POST', url: '/v1/chat/completions', body: { model: 'm', messages: [{ role: 'user' }] } };
const embeddings = { method: 'POST', url: '/embeddings', body: { model: 'm', input: 'text' } };

function lines(path: string): readonly unknown[] {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

test('the published schema is the one that the code makes', () => {
  assert.deepEqual(published, JSON.parse(JSON.stringify(jobMessageSchema())), 'run npm run schema');
});

const good: readonly { readonly name: string; readonly job: unknown }[] = [
  ...(jobMessageSchema().examples ?? []).map((job, index) => ({ name: `example ${index} of the schema`, job })),
  ...readmeJobs().map((job, index) => ({ name: `job ${index} of the README`, job })),
  ...senderSamples().map(({ file, text }) => ({ name: file, job: parseJson(text) })),
  { name: 'the least envelope', job: { request: chat } },
  { name: 'an envelope for embeddings', job: { request: embeddings } },
  { name: 'a body with fields of the model', job: { request: { ...chat, body: { ...chat.body, top_p: 1, n: null } } } },
  { name: 'every option', job: { v: 1, id: 'a', tenant: 't', customId: 'c', request: chat, options: allOptions() } },
];

function allOptions() {
  const deadline = '2030-01-31T08:00:00Z';
  const more = { onOverflow: 'dead-letter', maxCostUsd: 0.01, stream: true, metadata: { key: 'value' } };
  return { regions: ['eastus'], priority: 'normal', deadline, ...more };
}

for (const { name, job } of good) {
  test(`the schema and the parser take ${name}`, () => {
    assert.equal(parseJobEnvelope(job).kind, 'valid');
    assert.ok(bySchema.safeParse(job).success);
  });
}

test('the schema and the parser take every sample prompt', () => {
  const jobs = lines('../../samples/prompts.jsonl');

  assert.ok(jobs.length >= 300);
  assert.ok(jobs.every((job) => parseJobEnvelope(job).kind === 'valid'));
  assert.ok(jobs.every((job) => bySchema.safeParse(job).success));
});

const bad: readonly { readonly name: string; readonly job: unknown }[] = [
  { name: 'what is no object', job: ['request'] },
  { name: 'no request', job: { id: 'a' } },
  { name: 'an unknown field', job: { request: chat, priority: 'high' } },
  { name: 'an unknown option', job: { request: chat, options: { retries: 3 } } },
  { name: 'an id outside the alphabet', job: { id: 'a/b', request: chat } },
  { name: 'an id that is a dot segment', job: { id: '..', request: chat } },
  { name: 'another method', job: { request: { ...chat, method: 'GET' } } },
  { name: 'an address of its own', job: { request: { ...chat, url: 'https://example.com/v1/chat/completions' } } },
  { name: 'no model', job: { request: { ...chat, body: { messages: [{}] } } } },
  { name: 'no message', job: { request: { ...chat, body: { model: 'm', messages: [] } } } },
  { name: 'a chat with the body of embeddings', job: { request: { ...embeddings, url: chat.url } } },
  { name: 'embeddings with the body of a chat', job: { request: { ...chat, url: embeddings.url } } },
  { name: 'data sources', job: { request: { ...chat, body: { ...chat.body, data_sources: [] } } } },
  { name: 'a fraction of a token', job: { request: { ...chat, body: { ...chat.body, max_tokens: 1.5 } } } },
  { name: 'a deadline without a zone', job: { request: chat, options: { deadline: '2030-01-31T08:00:00' } } },
  { name: 'a cap of nothing', job: { request: chat, options: { maxCostUsd: 0 } } },
  { name: 'metadata that is no text', job: { request: chat, options: { metadata: { key: 1 } } } },
  { name: 'a batch line with options', job: { custom_id: 'a', ...chat, options: {} } },
  { name: 'a batch line without a body', job: { custom_id: 'a', method: 'POST', url: chat.url } },
];

for (const { name, job } of bad) {
  test(`the schema and the parser refuse ${name}`, () => {
    assert.equal(parseJobEnvelope(job).kind, 'invalid');
    assert.equal(bySchema.safeParse(job).success, false);
  });
}
