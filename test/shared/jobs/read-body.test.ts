import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkJson } from '../../../shared/json/check-json.ts';
import { largestRequest, readBody } from '../../../shared/jobs/read-body.ts';

const now = async (): Promise<void> => undefined;

async function read(body: unknown): Promise<unknown> {
  const result = await readBody(body, now);
  return result.kind === 'read' ? result.value : result.problems.map(({ path, message }) => `${path}: ${message}`);
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('bytes, a text, a text within a text and a value give the same job', async () => {
  const job = { id: 'a', request: { body: { messages: [{ content: '中😀' }] } } };
  const text = JSON.stringify(job);

  for (const body of [
    bytes(text),
    bytes(`\uFEFF${text}`),
    text,
    JSON.stringify(text),
    bytes(JSON.stringify(text)),
    job,
  ]) {
    assert.deepEqual(await read(body), job);
  }
});

test('what is no JSON is told apart', async () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /no body/u],
    [null, /no body/u],
    [bytes(''), /ends too early/u],
    [Uint8Array.of(0xc3, 0x28), /not UTF-8/u],
    [Uint8Array.of(0xff, 0xfe, 0x7b, 0), /not UTF-8/u],
    ['no json', /is not JSON/u],
    [bytes('{"a":{"b":1,"b":2}}'), /^a\.b: is there twice/u],
    [10n, /^: the body is no value of JSON/u],
    [{ a: [new Date(0)] }, /^a\[0\]: is no value of JSON/u],
    [{ a: { b: undefined } }, /^a\.b: is no value of JSON/u],
    [{ a: Number.NaN }, /^a: is too large a number/u],
    [{ a: '\ud83d' }, /^a: holds half of a surrogate pair/u],
    [{ a: Uint8Array.of(1) }, /^a: is no value of JSON/u],
    [{ a: new Map() }, /^a: is no value of JSON/u],
    ['x'.repeat(largestRequest + 1), /larger than 16777216 bytes/u],
  ];
  for (const [body, expected] of cases) {
    assert.match(String(await read(body)), expected);
  }
});

test('a value is checked as its text would be, however deep or wide', () => {
  const limits = { deepest: 3, mostValues: 10, mostKeys: 3 };

  assert.equal(checkJson([[[]]], limits).kind, 'read');
  assert.deepEqual(checkJson([[[[]]]], limits), {
    kind: 'invalid',
    problems: [{ path: '[0][0][0]', message: 'is nested deeper than 3 levels' }],
  });
  assert.equal(checkJson([1, 2, 3, 4, 5, 6, 7, 8, 9], limits).kind, 'read');
  assert.equal(checkJson([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], limits).kind, 'invalid');
  assert.equal(checkJson({ a: 1, b: 2, c: 3, d: 4 }, limits).kind, 'invalid');
});

test('whatever a body is, reading it gives a value or problems with paths', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true }),
      async (body) => {
        const result = await readBody(body, now);
        assert.ok(result.kind === 'read' || result.problems.every(({ path }) => typeof path === 'string'));
      },
    ),
  );
});
