import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogueOverrides } from '../../functions/compose-clients.ts';
import { settingSchema } from '../../shared/config/setting-schema.ts';
import { modelCatalogue } from '../../shared/models/model-catalogue.ts';

const region = (model: string) => ({
  name: 'eastus',
  endpoint: 'https://one.openai.azure.com',
  deployments: [{ name: model, model, tokensPerMinute: 1000 }],
});

function catalogueOf(input: { readonly deployed: string; readonly models: readonly unknown[] }) {
  const values = settingSchema.parse({
    REGIONS: JSON.stringify([region(input.deployed)]),
    MODELS: JSON.stringify(input.models),
    COSMOS_ENDPOINT: 'https://one.documents.azure.com',
  });
  return modelCatalogue(catalogueOverrides({ regions: values.REGIONS, models: values.MODELS ?? [] }));
}

test('the windows and prices of MODELS replace those of the catalogue', () => {
  const prices = { inputUsd: 1, cachedInputUsd: 0.5, outputUsd: 3 };
  const models = [{ name: 'gpt-4o', contextTokens: 8000, outputTokens: 900, prices }];

  const entry = catalogueOf({ deployed: 'gpt-4o', models }).find('gpt-4o');

  assert.equal(entry?.contextTokens, 8000);
  assert.equal(entry?.inputTokens, 8000);
  assert.equal(entry?.outputTokens, 900);
  assert.deepEqual(entry?.prices, prices);
});

test('a deployed model that nobody lists is known, and refuses nothing by its window', () => {
  const entry = catalogueOf({ deployed: 'my-tuned-model', models: [] }).find('my-tuned-model');

  assert.equal(entry?.operation, 'chat');
  assert.ok((entry?.contextTokens ?? 0) > 1_000_000);
  assert.equal(entry?.prices, undefined);
});
