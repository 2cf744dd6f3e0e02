import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileRegularExpression } from '../../../local/cosmos/query/regular-expression.ts';

function matches(pattern: string, text: string, modifiers = ''): boolean | undefined {
  return compileRegularExpression(pattern, modifiers)?.(text);
}

/** Pieces of patterns that mean the same in JavaScript. */
const piece = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '\\s', '\\b', '^', '(?:a|b)', '(b|1)', '1');
const quantified = fc
  .tuple(piece, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'))
  .map(([part, quantifier]) => (/^(?:\\b|\^)$/u.test(part) ? part : `${part}${quantifier}`));
const pattern: fc.Arbitrary<string> = fc
  .array(fc.array(quantified, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .map((choices) => choices.map((parts) => parts.join('')).join('|'));
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '1', ' ', '\n', '-'), maxLength: 8 });

test('a pattern matches where the one of JavaScript does', () => {
  fc.assert(
    fc.property(pattern, text, fc.constantFrom('', 'i', 's', 'm', 'ims'), (source, subject, modifiers) => {
      assert.equal(matches(source, subject, modifiers), new RegExp(source, modifiers).test(subject), source);
    }),
    { numRuns: 3000 },
  );
});

test('the end of a text is also before a newline that ends it', () => {
  assert.equal(matches('a$', 'a\n'), true);
  assert.equal(matches('a$', 'a\n\n'), false);
  assert.equal(matches('a\\z', 'a\n'), false);
  assert.equal(matches('a$', 'a\nb', 'm'), true);
});

test('x leaves out blanks and comments, but not in brackets', () => {
  assert.equal(matches('a b # c\n c', 'abc', 'x'), true);
  assert.equal(matches('a[ ]b', 'a b', 'x'), true);
});

test('characters beyond the basic plane are one character', () => {
  assert.equal(matches('^.$', '😀'), true);
  assert.equal(matches('^[😀-😂]$', '😁'), true);
  assert.equal(matches('\\x{1F600}', '😀'), true);
});

test('what is no pattern has no answer', () => {
  for (const wrong of ['(', ')', 'a)', '[a', '*a', 'a{2,1}', 'a**', '\\j', '[b-a]']) {
    assert.equal(matches(wrong, 'a'), undefined, wrong);
  }
});
