import fc from 'fast-check';

const fragment = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    ' ',
    '\n',
    '\r\n',
    '\t',
    '\u3000',
    '\uFEFF',
    'word',
    ' word',
    "n't",
    'don’t',
    ';\n',
    '//',
    '\n/',
    '42',
    '中',
    '😀',
    '\uD800',
    'e\u0301',
  ),
);

/** Texts with long runs, every kind of space, and halves of surrogate pairs. */
export const longText: fc.Arbitrary<string> = fc
  .array(fc.tuple(fragment, fc.integer({ min: 1, max: 700 })), { maxLength: 12 })
  .map((parts) => parts.map(([text, times]) => text.repeat(times)).join(''));

/** Texts of short runs, so long that they are cut into several pieces. */
export const proseText: fc.Arbitrary<string> = fc
  .array(fc.tuple(fragment, fc.constantFrom(' ', ' ', '\n', '\r\n', '  ', ' \n ', '.\n', ';\r\n\r\n', '\t')), {
    minLength: 200,
    maxLength: 600,
  })
  .map((parts) => parts.map(([text, space]) => text.slice(0, 40) + space).join(''));
