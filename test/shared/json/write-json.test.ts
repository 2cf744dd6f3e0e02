import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSlices } from '../../../shared/json/json-slices.ts';
import { writeJson } from '../../../shared/json/write-json.ts';

/** What one turn of the event loop may hold, in µs. */
const turnUs = 8000;

const large: readonly (readonly [string, unknown])[] = [
  ['a long text', { a: 'x'.repeat(2_000_000) }],
  ['a text of pairs', ['😀'.repeat(500_000)]],
  ['a text of control characters', '\u0001'.repeat(300_000)],
  ['many numbers', Array.from({ length: 400_000 }, (_, index) => index)],
  ['many keys', Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`key-${index}`, { index }]))],
];

for (const [name, value] of large) {
  test(`${name}: written in turns of a bounded size, as JSON.stringify writes it`, async () => {
    const turns: number[] = [];

    const { text, bytes } = await writeJson(value, async (workUs) => void turns.push(workUs));

    const expected = JSON.stringify(value);
    assert.ok(text === expected);
    assert.equal(bytes, Buffer.byteLength(expected));
    assert.ok(turns.length >= expected.length / 200_000, `${turns.length} turns`);
    assert.ok(Math.max(...turns) <= 4 * turnUs, `${Math.max(...turns)} µs in one turn`);
  });
}

test('whatever JSON a value is made of, its slices are its text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal([...jsonSlices(value, { isSorted: false })].join(''), JSON.stringify(value));
    }),
  );
});
