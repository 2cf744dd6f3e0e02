import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelCatalogue } from '../../../shared/models/model-catalogue.ts';

test('a model is found by its name, with or without the date of its version', () => {
  const catalogue = modelCatalogue();

  assert.equal(catalogue.find('gpt-4o-2024-08-06'), catalogue.find('gpt-4o'));
  assert.equal(catalogue.find('gpt-4o')?.contextTokens, 128_000);
  assert.equal(catalogue.find('gpt-4o-mini-2024-07-18')?.name, 'gpt-4o-mini');
  assert.equal(catalogue.find('gpt-4o-2024'), undefined);
  assert.equal(catalogue.find('constructor'), undefined);
});

test('embeddings are counted in their own encoding, reasoning models take max_completion_tokens', () => {
  const catalogue = modelCatalogue();

  assert.equal(catalogue.find('text-embedding-3-large')?.encoding, 'cl100k_base');
  assert.equal(catalogue.find('o4-mini')?.usesMaxCompletionTokens, true);
  assert.equal(catalogue.find('gpt-4.1')?.usesMaxCompletionTokens, false);
});

test('an override replaces what it names and keeps the rest', () => {
  const entry = modelCatalogue([{ name: 'gpt-4.1', inputWindow: 300_000, usdPerMillionInput: 1 }]).find('gpt-4.1');

  assert.partialDeepStrictEqual(entry, {
    contextTokens: 1_047_576,
    inputTokens: 300_000,
    outputTokens: 32_768,
    encoding: 'o200k_base',
  });
  assert.deepEqual(entry?.prices, { inputUsd: 1, cachedInputUsd: 1, outputUsd: 8 });
});

test('a smaller context window is one for the prompt too', () => {
  assert.partialDeepStrictEqual(modelCatalogue([{ name: 'gpt-4o', contextWindow: 8000 }]).find('gpt-4o'), {
    contextTokens: 8000,
    inputTokens: 8000,
  });
  assert.partialDeepStrictEqual(modelCatalogue([{ name: 'gpt-5', contextWindow: 200_000 }]).find('gpt-5'), {
    contextTokens: 200_000,
    inputTokens: 200_000,
  });
});

test('an override of a dated version leaves the other versions as they are', () => {
  const catalogue = modelCatalogue([{ name: 'gpt-4o-2024-05-13', usdPerMillionInput: 5, usdPerMillionOutput: 15 }]);

  assert.equal(catalogue.find('gpt-4o-2024-05-13')?.prices?.inputUsd, 5);
  assert.equal(catalogue.find('gpt-4o-2024-05-13')?.outputTokens, 16_384);
  assert.equal(catalogue.find('gpt-4o')?.prices?.inputUsd, 2.5);
});

test('a model that only the configuration knows has no price until it is given both', () => {
  const entry = (more: object) => modelCatalogue([{ name: 'gpt-9', ...more }]).find('gpt-9');

  assert.equal(entry({ usdPerMillionInput: 1 })?.prices, undefined);
  assert.deepEqual(entry({ usdPerMillionInput: 1, usdPerMillionOutput: 2 })?.prices, {
    inputUsd: 1,
    cachedInputUsd: 1,
    outputUsd: 2,
  });
});
