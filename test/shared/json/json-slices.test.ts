import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSlices } from '../../../shared/json/json-slices.ts';

/** What digests are made of. */
function canonicalJson(value: unknown): string {
  return [...jsonSlices(value, { isSorted: true })].join('');
}

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(reversed);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, inner]) => [key, reversed(inner)]),
      )
    : value;
}

const json = fc.json().map((text): unknown => JSON.parse(text));

test('the order of keys makes no difference, at any depth', () => {
  fc.assert(fc.property(json, (value) => assert.equal(canonicalJson(reversed(value)), canonicalJson(value))));
});

test('the text is JSON of the same value', () => {
  fc.assert(fc.property(json, (value) => assert.deepEqual(JSON.parse(canonicalJson(value)), value)));
});

test('two values have one text only when they are equal', () => {
  fc.assert(
    fc.property(json, json, (one, other) => {
      assert.equal(canonicalJson(one) === canonicalJson(other), canonicalJson(one) === canonicalJson(reversed(other)));
    }),
  );
  assert.notEqual(canonicalJson({ a: [1, 2] }), canonicalJson({ a: [2, 1] }));
  assert.notEqual(canonicalJson({ a: 1 }), canonicalJson({ a: '1' }));
});

test('what is undefined is left out, as JSON leaves it out', () => {
  assert.equal(canonicalJson({ b: undefined, a: 1, c: { d: undefined } }), '{"a":1,"c":{}}');
});

test('`__proto__` is a key like any other', () => {
  const value: unknown = JSON.parse('{"b":1,"__proto__":{"a":2}}');

  assert.equal(canonicalJson(value), '{"__proto__":{"a":2},"b":1}');
});

/** As documents hold it already: digests of jobs that are queued, parked or stored must not change. */
function asEverBefore(value: unknown): string {
  const isRecord = (inner: unknown): inner is Record<string, unknown> =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner);
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))))
      : inner,
  );
}

test('the text is the one that digests were always made of, keys that are numbers included', () => {
  const key = fc.oneof(
    fc.string(),
    fc.nat().map(String),
    fc.constantFrom('4294967295', '4294967294', '01', '-1', '10'),
  );
  const long = fc.tuple(fc.constantFrom('a', '"', '\n', '😀', '中'), fc.integer({ min: 1, max: 80_000 }));
  const leaf = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    long.map(([text, times]) => `x${text.repeat(times)}`),
  );
  const value = fc.oneof(leaf, fc.dictionary(key, leaf), fc.array(fc.dictionary(key, leaf)));

  fc.assert(fc.property(value, (inner) => assert.ok(canonicalJson(inner) === asEverBefore(inner))));
  assert.equal(canonicalJson({ b: 1, 10: 1, 9: 1, a: 1 }), asEverBefore({ b: 1, 10: 1, 9: 1, a: 1 }));
});
