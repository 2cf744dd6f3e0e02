import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';

import { chatDeployment, rejection, startForTest, testSettings } from '../start-for-test.ts';
import { pngHeader } from '../png-header.ts';

function show(url: string, detail?: 'low' | 'high'): ChatCompletionCreateParamsNonStreaming {
  const image = { url, ...(detail === undefined ? {} : { detail }) };
  const content = [
    { type: 'text', text: 'What is this?' },
    { type: 'image_url', image_url: image },
  ] as const;
  return { model: 'mini', max_tokens: 40, messages: [{ role: 'user', content: [...content] }] };
}

const png = (width: number, height: number): string =>
  `data:image/png;base64,${pngHeader({ width, height }).toString('base64')}`;
const textTokens = 3 + 4 + 4;

describe('an image in a prompt', () => {
  const cases = [
    ['gpt-4o', 'low', 4096, 4096, 85],
    ['gpt-4o', 'high', 512, 512, 85 + 170],
    ['gpt-4o', 'high', 1024, 1024, 85 + 4 * 170],
    ['gpt-4o', 'high', 2048, 4096, 85 + 6 * 170],
    ['gpt-4o-mini', 'low', 100, 100, 2833],
    ['gpt-4o-mini', 'high', 100, 100, 2833 + 5667],
    ['gpt-4.1-mini', 'high', 1024, 1024, Math.ceil(1024 * 1.62)],
  ] as const;
  for (const [model, detail, width, height, tokens] of cases) {
    test(`of ${width} × ${height} costs ${model} ${tokens} tokens with detail ${detail}`, async (context) => {
      const { azure } = (await startForTest(context, testSettings([chatDeployment({ model })]))).region();
      const { usage } = await azure.chat.completions.create(show(png(width, height), detail));
      assert.equal(usage?.prompt_tokens, textTokens + tokens);
    });
  }

  test('changes the answer', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const answers = await Promise.all(
      [png(100, 100), png(100, 101)].map(async (url) => azure.chat.completions.create(show(url, 'low'))),
    );
    const [one, another] = answers.map(({ choices }) => choices[0]?.message.content);
    assert.notEqual(one, another);
  });

  test('that is none is refused as an unsupported one', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const refused = await rejection(azure.chat.completions.create(show('data:image/png;base64,aGVsbG8=')));
    assert.equal(refused.status, 400);
    assert.equal(refused.code, 'invalid_image_format');
    assert.match(refused.message, /'png', 'jpeg', 'gif', 'webp'/u);
  });

  test('with an address of another kind is refused', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const refused = await rejection(azure.chat.completions.create(show('file:///etc/hosts')));
    assert.equal(refused.status, 400);
    assert.match(refused.message, /Invalid image URL\. The URL must be a valid HTTP or HTTPS URL, or a data URL/u);
  });

  test('by address is refused by name, as nothing is fetched', async (context) => {
    const { azure } = (await startForTest(context)).region();
    const refused = await rejection(azure.chat.completions.create(show('https://example.com/a.png')));
    assert.equal(refused.code, 'not_carried');
    assert.match(refused.message, /images by address/u);
  });
});
