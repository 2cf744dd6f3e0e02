import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOfValue, readEntries, readItems, readValue } from '../../../local/service-bus/amqp/amqp-decode.ts';
import {
  encodeBinary,
  encodeInt,
  encodeList,
  encodeLong,
  encodeLongArray,
  encodeMap,
  encodeString,
  encodeSymbol,
  encodeTimestamp,
  encodeTimestampArray,
  encodeUint,
} from '../../../local/service-bus/amqp/amqp-encode.ts';
import { AmqpDecodeError } from '../../../local/service-bus/amqp/amqp-error.ts';

const safeInteger = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
const time = fc.integer({ min: -1e12, max: 4e12 });

test('what is encoded is decoded as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), safeInteger, time, (text, whole, at) => {
      assert.equal(readValue(encodeString(text)), text);
      assert.equal(readValue(encodeLong(whole)), whole);
      assert.deepEqual(readValue(encodeTimestamp(at)), new Date(at));
      assert.deepEqual(readValue(encodeBinary(Buffer.from(text))), Buffer.from(text));
      assert.deepEqual(readValue(encodeLongArray([whole, 1])), [whole, 1]);
      assert.deepEqual(readValue(encodeTimestampArray([at])), [new Date(at)]);
      assert.deepEqual(readValue(encodeList([encodeString(text), encodeLong(whole)])), [text, whole]);
      assert.deepEqual(readValue(encodeMap([[text, encodeLong(whole)]])), new Map([[text, whole]]));
    }),
  );
});

test('numbers keep their sign and size', () => {
  assert.equal(readValue(encodeInt(-2_147_483_648)), -2_147_483_648);
  assert.deepEqual(
    [0, 1, 255, 256, 4_294_967_295].map((value) => readValue(encodeUint(value))),
    [0, 1, 255, 256, 4_294_967_295],
  );
  assert.equal(readValue(Buffer.from('817fffffffffffffff', 'hex')), 9_223_372_036_854_775_807n);
  assert.equal(readValue(Buffer.from('54ff', 'hex')), -1);
  assert.equal(readValue(encodeSymbol('a-symbol')), 'a-symbol');
});

test('items and entries are handed out with the type that they came in', () => {
  const smallUint = Buffer.from('5207', 'hex');
  const long = encodeLong(7);

  assert.deepEqual(readItems(encodeList([smallUint, long])), [smallUint, long]);
  assert.deepEqual(readEntries(encodeMap([['a', smallUint]])), [['a', smallUint]]);
  assert.deepEqual(readEntries(Buffer.from('40', 'hex')), []);
});

test('bytes that are cut off, or no AMQP, are refused and never read past their end', () => {
  const whole = encodeMap([
    ['key', encodeList([encodeString('text'), encodeLong(1)])],
    ['longs', encodeLongArray([1, 2])],
  ]);
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(() => readValue(whole.subarray(0, length)), AmqpDecodeError);
  }
  assert.equal(endOfValue(whole, 0), whole.length);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        readValue(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof AmqpDecodeError, String(error));
      }
    }),
    { numRuns: 5000 },
  );
});
