import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

import { composeText } from '../../../local/azure-openai/chat/compose-text.ts';
import { cutRuns } from '../../../local/azure-openai/chat/cut-runs.ts';
import { seededRandom } from '../../../local/azure-openai/seeded-random.ts';
import { tokenCounter } from '../../../local/azure-openai/token-counter.ts';

describe('cutting runs', () => {
  test('loses nothing, never cuts a code point, and leaves no run above 257 characters', () => {
    const character = fc.constantFrom('a', '字', '😀', ' ', '\n', '.');
    const run = fc.tuple(character, fc.integer({ min: 1, max: 900 })).map(([one, times]) => one.repeat(times));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 8 }), (runs) => {
        const text = runs.join('');
        const pieces = cutRuns(text, 65_536);
        assert.equal(pieces.join(''), text);
        for (const piece of pieces) {
          assert.ok(piece.isWellFormed());
          assert.ok(!/\S{258}|\s{258}/u.test(piece.replaceAll(/[\uD800-\uDFFF]{2}/gu, 'xx')));
        }
      }),
    );
  });
});

describe('the token counter', () => {
  test('counts ordinary text exactly as the tokenizer does, in slices too', async () => {
    const count = await tokenCounter('o200k_base');
    const text = composeText(seededRandom(1), 40_000).join('');
    assert.ok(text.length > 150_000);
    assert.equal(await count(text), countTokens(text));
  });

  test('takes special tokens as plain text', async () => {
    const count = await tokenCounter('o200k_base');
    assert.ok((await count('a <|endoftext|> b')) > 3);
  });

  test('counts a hostile run of 200,000 letters, linear instead of quadratic', async () => {
    const count = await tokenCounter('o200k_base');
    assert.ok((await count('a'.repeat(200_000))) >= 200_000 / 16);
  });
});

describe('composed text', () => {
  test('has as many tokens as pieces in both encodings', async () => {
    for (const encoding of ['o200k_base', 'cl100k_base'] as const) {
      const count = await tokenCounter(encoding);
      for (const seed of [1, 2, 3]) {
        const pieces = composeText(seededRandom(seed), 5000);
        assert.equal(await count(pieces.join('')), pieces.length);
      }
    }
  });

  test('is the same for the same seed, and another for another', () => {
    assert.deepEqual(composeText(seededRandom(4), 60), composeText(seededRandom(4), 60));
    assert.notDeepEqual(composeText(seededRandom(4), 60), composeText(seededRandom(5), 60));
  });
});
