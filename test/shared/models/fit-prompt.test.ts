import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitPrompt } from '../../../shared/models/fit-prompt.ts';
import { modelCatalogue, type ModelEntry } from '../../../shared/models/model-catalogue.ts';
import type { CountedPrompt, PromptPart } from '../../../shared/tokens/prompt-count.ts';

const catalogue = modelCatalogue();

function model(name: string): ModelEntry {
  const entry = catalogue.find(name);
  assert.ok(entry);
  return entry;
}

function part(index: number, tokens: number, role = 'user'): PromptPart {
  return { index, role, tokens, leastTokens: tokens };
}

function count(tokens: number, more: Partial<CountedPrompt> = {}): CountedPrompt {
  return {
    kind: 'counted',
    tokens,
    leastTokens: tokens,
    precision: 'counted',
    parts: [part(0, tokens)],
    ...more,
  };
}

test('a prompt and its output may fill the window of gpt-4o, and no more', () => {
  const gpt4o = model('gpt-4o');

  assert.deepEqual(fitPrompt({ count: count(120_000), requestedOutputTokens: 8000, model: gpt4o }), { kind: 'fits' });
  assert.deepEqual(fitPrompt({ count: count(120_000), requestedOutputTokens: 8001, model: gpt4o }), {
    kind: 'overflows',
    promptTokens: 120_000,
    outputTokens: 8001,
    windowTokens: 128_000,
    overByTokens: 1,
    largestMessages: [part(0, 120_000)],
  });
});

test('a request that names no output is judged by its prompt alone', () => {
  assert.equal(
    fitPrompt({ count: count(128_000), requestedOutputTokens: undefined, model: model('gpt-4o') }).kind,
    'fits',
  );
  assert.equal(
    fitPrompt({ count: count(128_001), requestedOutputTokens: undefined, model: model('gpt-4o') }).kind,
    'overflows',
  );
});

test('the prompt of gpt-5 has a limit of its own', () => {
  const gpt5 = model('gpt-5');

  assert.equal(fitPrompt({ count: count(272_000), requestedOutputTokens: 128_000, model: gpt5 }).kind, 'fits');
  assert.partialDeepStrictEqual(fitPrompt({ count: count(272_010), requestedOutputTokens: 1000, model: gpt5 }), {
    kind: 'overflows',
    windowTokens: 272_000,
    overByTokens: 10,
  });
});

test('what is only estimated is no reason to refuse', () => {
  const doubtful = count(130_000, { leastTokens: 127_000 });

  assert.equal(fitPrompt({ count: doubtful, requestedOutputTokens: undefined, model: model('gpt-4o') }).kind, 'fits');
});

test('each input of an embeddings request is judged by itself', () => {
  const parts = [8000, 8192].map((tokens, index) => part(index, tokens, 'input'));
  const embeddings = model('text-embedding-3-small');

  assert.equal(
    fitPrompt({ count: count(16_192, { parts }), requestedOutputTokens: undefined, model: embeddings }).kind,
    'fits',
  );
  const long = count(16_193, { parts: [...parts, part(2, 8193, 'input')] });
  assert.partialDeepStrictEqual(fitPrompt({ count: long, requestedOutputTokens: undefined, model: embeddings }), {
    kind: 'overflows',
    promptTokens: 8193,
    overByTokens: 1,
  });
});

test('the five largest messages are named, largest first', () => {
  const parts = [5, 1, 900_000, 7, 3, 6, 4].map((tokens, index) => part(index, tokens));

  const fit = fitPrompt({ count: count(900_026, { parts }), requestedOutputTokens: undefined, model: model('gpt-4o') });

  assert.ok(fit.kind === 'overflows');
  assert.deepEqual(
    fit.largestMessages.map((message) => message.index),
    [2, 3, 5, 0, 6],
  );
});
