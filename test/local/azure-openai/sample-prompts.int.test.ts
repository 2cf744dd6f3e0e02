import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { z } from 'zod';

import { readChatRequest } from '../../../local/azure-openai/chat/chat-request.ts';
import { countPrompt } from '../../../local/azure-openai/chat/count-prompt.ts';
import { modelFacts } from '../../../local/azure-openai/model-facts.ts';
import { tokenCounter } from '../../../local/azure-openai/token-counter.ts';
import { makePrompts } from '../../../samples/make-prompts.ts';

const file = readFileSync(new URL('../../../samples/prompts.jsonl', import.meta.url), 'utf8');
const line = z.strictObject({
  custom_id: z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/u),
  method: z.literal('POST'),
  url: z.literal('/v1/chat/completions'),
  body: z.looseObject({ model: z.string(), stream: z.boolean().optional(), max_tokens: z.int().min(64).max(800) }),
});
const lines = file
  .trimEnd()
  .split('\n')
  .map((text) => line.parse(JSON.parse(text)));

describe('the sample prompts', () => {
  test('are what their generator makes', () => {
    assert.equal(file, makePrompts());
  });

  test('are 320 batch lines with ids of their own, for two models, some streamed, below 4 MB', () => {
    assert.equal(lines.length, 320);
    assert.equal(new Set(lines.map((prompt) => prompt.custom_id)).size, 320);
    assert.deepEqual(new Set(lines.map(({ body }) => body.model)), new Set(['gpt-4o', 'gpt-4o-mini']));
    const streamed = lines.filter(({ body }) => body.stream === true).length;
    assert.ok(streamed >= 35 && streamed <= 45, `${streamed}`);
    assert.ok(Buffer.byteLength(file) < 4_000_000);
  });

  test('overflow the window exactly three times, and meet the filter exactly once', async () => {
    const count = await tokenCounter('o200k_base');
    const overflowing: string[] = [];
    for (const { body, custom_id: id } of lines) {
      const model = modelFacts(body.model);
      assert.ok(model !== undefined);
      const request = readChatRequest(body, model);
      const tokens = (await countPrompt(request, count)) + (request.maxTokens ?? 0);
      if (tokens > model.contextWindow) {
        overflowing.push(id.replace(/-\d+$/u, ''));
      }
    }
    assert.deepEqual(overflowing.toSorted(), ['overflow-access-log', 'overflow-minutes', 'overflow-service-log']);
    assert.equal(file.split('[[sluice:content-filter]]').length - 1, 1);
  });
});
