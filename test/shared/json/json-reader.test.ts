import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonReader, type JsonRead } from '../../../shared/json/json-reader.ts';

const limits = { deepest: 64, mostValues: 10_000, mostKeys: 1000 };

function read(...pieces: readonly string[]): JsonRead {
  const reader = new JsonReader(limits);
  for (const piece of pieces) {
    reader.write(piece);
  }
  return reader.end();
}

function problemsOf(...pieces: readonly string[]): readonly string[] {
  const result = read(...pieces);
  return result.kind === 'read' ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Cuts a text at each of the places. */
function cut(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b), text.length];
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
}

const places = fc.array(fc.nat(), { maxLength: 6 });
const json = fc.oneof(fc.json({ stringUnit: 'grapheme' }), fc.json({ stringUnit: 'binary' }), fc.json());

/** Near JSON: its characters, thrown together, and JSON that something happened to. */
const nearJson = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      ...Array.from('{}[]",:\\ntruefals-+.eE0123456789 \n\t/*\u0000\uFEFFé'),
      '\\u',
      '\\ud83d',
      '"a"',
      '1e5',
      '[]',
    ),
    maxLength: 12,
  }),
  fc.tuple(json, fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, other]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + other + text.slice(place + (at % 3));
  }),
);

test('JSON is read as JSON.parse reads it, however it is cut into pieces', () => {
  fc.assert(
    fc.property(json, places, fc.boolean(), (text, cuts, isIndented) => {
      const value = parsed(text);
      const written = isIndented ? JSON.stringify(value, undefined, 2) : text;
      const result = read(...cut(written, cuts));

      // JSON.parse takes what this reader refuses; the tests below say what.
      if (result.kind === 'read') {
        assert.equal(JSON.stringify(result.value), JSON.stringify(value));
      } else {
        assert.ok(/surrogate|twice/u.test(problemsOf(written).join()), problemsOf(written).join());
      }
    }),
    { numRuns: 500 },
  );
});

test('what JSON.parse refuses is refused, and the pieces make no difference', () => {
  fc.assert(
    fc.property(nearJson, places, (text, cuts) => {
      const result = read(text);

      if (parsed(text) === undefined) {
        assert.equal(result.kind, 'invalid', text);
      } else if (result.kind === 'invalid') {
        assert.ok(/surrogate|twice|too large/u.test(problemsOf(text).join()), problemsOf(text).join());
      }
      assert.deepEqual(read(...cut(text, cuts)).kind, result.kind);
    }),
    { numRuns: 3000 },
  );
});

test('an escape may be cut anywhere', () => {
  const text = String.raw`{"a\\u12\"":"\\\\\u00e9\ud83d\ude00\n\\"}`;

  for (let place = 0; place <= text.length; place += 1) {
    assert.deepEqual(read(text.slice(0, place), text.slice(place)), { kind: 'read', value: parsed(text) });
  }
});

test('a key that is there twice is told at its path, at any depth', () => {
  assert.deepEqual(problemsOf('{"a":1,"a":1}'), ['a: is there twice']);
  assert.deepEqual(problemsOf('{"request":{"body":[{"model":"a","x":[],"model":"b"}]}}'), [
    'request.body[0].model: is there twice',
  ]);
  assert.deepEqual(problemsOf('[{"a":1},{"a":1}]'), []);
  assert.deepEqual(problemsOf(String.raw`{"a":1,"\u0061":2}`), ['a: is there twice']);
});

test('names of prototypes are keys like any other, and touch nothing', () => {
  const text = String.raw`{"a":{"__proto__":{"polluted":true}},"constructor":{"prototype":{"polluted":1}},"toString":2}`;
  const result = read(text);

  assert.ok(result.kind === 'read');
  assert.equal(JSON.stringify(result.value), text);
  assert.equal('polluted' in {}, false);
  assert.deepEqual(problemsOf(String.raw`{"__proto__":1,"\u005f_proto__":null}`), ['__proto__: is there twice']);
});

test('half of a surrogate pair is told at its path, in values and keys; a whole pair is text', () => {
  assert.deepEqual(problemsOf(String.raw`{"a":["\ud83d"]}`), ['a[0]: holds half of a surrogate pair']);
  assert.deepEqual(problemsOf('{"a":"x\uDE00"}'), ['a: holds half of a surrogate pair']);
  assert.match(problemsOf(String.raw`{"\ud83d":1}`).join(), /is a key that holds half of a surrogate pair/u);
  assert.deepEqual(problemsOf(String.raw`{"a":"\ud83d\ude00"}`), []);
  assert.deepEqual(problemsOf(String.raw`{"a":"\ud83d`, String.raw`\ude00"}`), []);
});

test('a number that no double holds is told at its path; small ones and minus zero are numbers', () => {
  assert.deepEqual(problemsOf('{"a":1e400}'), ['a: is too large a number']);
  assert.deepEqual(problemsOf('[0,-1e999]'), ['[1]: is too large a number']);
  assert.deepEqual(read('[-0,1e-400,9007199254740993]'), { kind: 'read', value: [-0, 0, 9_007_199_254_740_992] });
});

test('what is nested too deep or holds too many values ends the reading, at its path', () => {
  assert.deepEqual(problemsOf(`{"a":${'['.repeat(1_000_000)}`), [
    `a${'[0]'.repeat(63)}: is nested deeper than 64 levels`,
  ]);
  assert.deepEqual(problemsOf(`${'['.repeat(64)}${']'.repeat(64)}`), []);
  assert.deepEqual(problemsOf(`[${'0,'.repeat(10_000)}0]`), [': holds more than 10000 values']);
  const keys = Array.from({ length: 1001 }, (_, index) => `"k${index}":0`);
  assert.deepEqual(problemsOf(`{"a":{${keys.join()}}}`), [
    'a.k1000: is one key too many: an object holds 1000 at the most',
  ]);
  assert.deepEqual(problemsOf(`[{${keys.slice(1).join()}},{${keys.slice(1).join()}}]`), []);
});

test('a path shows the begin of a long key only', () => {
  const [problem] = problemsOf(`{"${'k'.repeat(100_000)}":1e400}`);

  assert.equal(problem, `${'k'.repeat(64)}…: is too large a number`);
});

test('a list is handed over element by element, each with its own problems', () => {
  const elements: JsonRead[] = [];
  const reader = new JsonReader(limits, { key: 'jobs', onElement: (element) => elements.push(element) });

  reader.write('{"jobs":[{"a":1},{"b":{"c":1,"c":2}},');
  assert.equal(elements.length, 2);
  reader.write('[3]]}');

  assert.deepEqual(reader.end(), { kind: 'read', value: { jobs: [] } });
  assert.deepEqual(elements, [
    { kind: 'read', value: { a: 1 } },
    { kind: 'invalid', problems: [{ path: 'b.c', message: 'is there twice' }] },
    { kind: 'read', value: [3] },
  ]);
});

test('the limit of values is each element’s own', () => {
  let elements = 0;
  const reader = new JsonReader(
    { deepest: 5, mostValues: 10, mostKeys: 10 },
    { key: 'jobs', onElement: () => (elements += 1) },
  );

  reader.write(`{"jobs":[${'[1,2,3],'.repeat(100)}[1]]}`);

  assert.equal(reader.broken, undefined);
  assert.equal(elements, 101);
});

test('nothing stands beside a list, before it or after it, and it stands there once', () => {
  const broken = (text: string): string | undefined => {
    const reader = new JsonReader(limits, { key: 'jobs', onElement: () => undefined });
    reader.write(text);
    return reader.broken === undefined ? undefined : `${reader.broken.path}: ${reader.broken.message}`;
  };

  assert.equal(broken('{"batch":"b","jobs":[1]}'), 'batch: is not known beside "jobs"');
  assert.equal(broken('{"jobs":[1],"batch":"b"}'), 'batch: is not known beside "jobs"');
  assert.equal(broken('{"jobs":[1],"jobs":[2]}'), 'jobs: is there twice');
});
