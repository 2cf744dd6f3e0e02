import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTraceparent, parseTraceparent } from '../../../shared/telemetry/traceparent.ts';

function hex(digits: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: digits, maxLength: digits })
    .filter((text) => !/^0+$/u.test(text));
}

test('what is formatted parses to the same', () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, isSampled) => {
      const context = { traceId, spanId, isSampled };
      assert.deepEqual(parseTraceparent(formatTraceparent(context)), context);
    }),
  );
});

test('any text parses or is refused, and never throws', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (text) => {
      parseTraceparent(text);
    }),
  );
});

const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';

for (const [why, text] of Object.entries({
  'version ff': `ff-${trace}-${span}-01`,
  'a trace id of zeros': `00-${'0'.repeat(32)}-${span}-01`,
  'a span id of zeros': `00-${trace}-${'0'.repeat(16)}-01`,
  'upper case': `00-${trace.toUpperCase()}-${span}-01`,
  'a field too many in version 00': `00-${trace}-${span}-01-x`,
  'a field too few': `00-${trace}-${span}`,
  'a line break at the end': `00-${trace}-${span}-01\n`,
  'endless further fields': `01-${trace}-${span}-01-${'x'.repeat(1000)}`,
})) {
  test(`a traceparent with ${why} is refused`, () => {
    assert.equal(parseTraceparent(text), undefined);
  });
}

test('a later version may carry more fields', () => {
  assert.deepEqual(parseTraceparent(`01-${trace}-${span}-03-more`), { traceId: trace, spanId: span, isSampled: true });
});
