import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { textCounting } from '../../../shared/tokens/text-counting.ts';
import { tokenizerTokenCounter } from '../../../shared/tokens/tokenizer-token-counter.ts';
import { utf8Length } from '../../../shared/tokens/utf8-length.ts';
import { longText, proseText } from './long-text.ts';

const encodings = ['o200k_base', 'cl100k_base'] as const;
const counter = tokenizerTokenCounter();
await Promise.all(encodings.map((encoding) => counter.prepare(encoding)));

function counting(encoding: (typeof encodings)[number], stopAboveTokens?: number) {
  let turns = 0;
  const yieldToEventLoop = async (): Promise<void> => {
    turns += 1;
  };
  return { ...textCounting({ counter, encoding, yieldToEventLoop, stopAboveTokens }), turns: () => turns };
}

test('known texts have the token counts that tiktoken gives', () => {
  const known = [
    ['hello world', 2, 2],
    ['tiktoken is great!', 6, 6],
    ['antidisestablishmentarianism', 6, 6],
    ['2 + 2 = 4', 7, 7],
    ['お誕生日おめでとう', 8, 9],
  ] as const;

  for (const [text, o200k, cl100k] of known) {
    assert.deepEqual(
      [counter.countText(text, 'o200k_base'), counter.countText(text, 'cl100k_base')],
      [o200k, cl100k],
      text,
    );
  }
});

test('text that looks like a special token is counted as text', () => {
  assert.ok(counter.countText('<|endoftext|>', 'o200k_base') > 1);
});

test('a count without its vocabulary is refused by name', () => {
  assert.throws(() => tokenizerTokenCounter().countText('a', 'o200k_base'), { code: 'tokens.not_prepared' });
});

test('a text never has more tokens than UTF-8 bytes', async () => {
  for (const encoding of encodings) {
    await fc.assert(
      fc.asyncProperty(longText, async (text) => {
        const { tokens } = await counting(encoding).count(text);
        assert.ok(tokens <= utf8Length(text));
      }),
      { numRuns: 30 },
    );
  }
});

test('the length in bytes is the length that an encoder writes', () => {
  fc.assert(
    fc.property(longText, (text) => {
      assert.equal(utf8Length(text), new TextEncoder().encode(text).byteLength);
    }),
  );
});

test('counting prose in pieces gives the same count as counting it whole', async () => {
  for (const encoding of encodings) {
    await fc.assert(
      fc.asyncProperty(proseText, async (text) => {
        const counted = await counting(encoding).count(text);
        assert.deepEqual(counted, {
          tokens: counter.countText(text, encoding),
          forcedCuts: 0,
          isStopped: false,
        });
      }),
      { numRuns: 100 },
    );
  }
});

test('hostile texts of a megabyte give the event loop its turn at least every 8 KB', async () => {
  const hostile = ['a'.repeat(1_000_000), '中'.repeat(333_333), ' '.repeat(1_000_000), '\uD800'.repeat(333_333)];
  for (const text of hostile) {
    const slow = counting('o200k_base');

    const { tokens } = await slow.count(text);

    assert.ok(tokens > 0);
    assert.ok(slow.turns() >= utf8Length(text) / 8192, `${slow.turns()} turns`);
  }
});

test('many short texts together give the event loop its turns too', async () => {
  const texts = counting('o200k_base');
  for (let index = 0; index < 10_000; index += 1) {
    await texts.count('ten chars.');
  }
  assert.ok(texts.turns() >= 10);
});

test('counting stops soon after more tokens were found than asked for', async () => {
  const counted = await counting('o200k_base', 100).count('one two three '.repeat(100_000));

  assert.equal(counted.isStopped, true);
  assert.ok(counted.tokens > 100 && counted.tokens < 3000);
});
