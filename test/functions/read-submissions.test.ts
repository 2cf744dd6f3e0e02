import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyError } from '../../functions/body-error.ts';
import { longestLine } from '../../functions/read-lines.ts';
import { type RawBody, readSubmissions } from '../../functions/read-submissions.ts';
import { slicePerTurn } from '../../shared/json/read-json.ts';

const lines = 'application/x-ndjson';
const json = 'application/json';

/** The jobs of a body that comes in chunks, the turns that it took, and the error that ended it. */
async function readAll(
  chunks: readonly (string | Uint8Array)[],
  contentType: string,
): Promise<{ readonly jobs: readonly RawBody[]; readonly turns: readonly number[]; readonly error: unknown }> {
  const jobs: RawBody[] = [];
  const turns: number[] = [];
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk));
  const yieldToEventLoop = async (workUs: number): Promise<void> => {
    turns.push(workUs);
  };
  try {
    for await (const job of readSubmissions(stream(bytes), { contentType, yieldToEventLoop })) {
      jobs.push(job);
    }
  } catch (error) {
    return { jobs, turns, error };
  }
  return { jobs, turns, error: undefined };
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
}

function valuesOf(jobs: readonly RawBody[]): readonly unknown[] {
  return jobs.map(({ job }) => (job.kind === 'read' ? job.value : job.problems));
}

function problemsOf(error: unknown): readonly unknown[] {
  assert.ok(error instanceof BodyError, String(error));
  return error.problems.map(({ path, message }) => `${path}: ${message}`);
}

test('one job, a list and lines are read alike, byte order mark or not', async () => {
  const text = '{"id":"a","n":[1,{"é":"中😀"}]}';
  const value: unknown = JSON.parse(text);

  for (const mark of ['', '\uFEFF']) {
    assert.deepEqual(valuesOf((await readAll([mark + text], json)).jobs), [value]);
    assert.deepEqual(valuesOf((await readAll([`${mark}{"jobs":[${text},${text}]}`], json)).jobs), [value, value]);
    assert.deepEqual(valuesOf((await readAll([`${mark}${text}\r\n\n${text}`], lines)).jobs), [value, value]);
  }
});

test('characters may be cut between chunks, down to single bytes', async () => {
  const text = '{"id":"中😀é","x":"\\ud83d\\ude00"}\n{"id":"b"}';
  const bytes = [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte));

  const { jobs } = await readAll(bytes, lines);

  assert.deepEqual(valuesOf(jobs), [{ id: '中😀é', x: '😀' }, { id: 'b' }]);
});

test('a bad line is one bad job: the lines around it are read', async () => {
  const { jobs } = await readAll(['{"a":1}\n{"a":\n{"b":1,"b":2}\n[[\n{"a":2}'], lines);

  assert.deepEqual(valuesOf(jobs), [
    { a: 1 },
    [{ path: 'a', message: 'is not JSON: it ends too early' }],
    [{ path: 'b', message: 'is there twice' }],
    [{ path: '[0][0]', message: 'is not JSON: it ends too early' }],
    { a: 2 },
  ]);
});

test('a line longer than the limit is refused by it, and the next one is read', async () => {
  const long = `{"a":"${'x'.repeat(longestLine)}"}`;

  const { jobs, turns } = await readAll([`${long}\n{"a":1}`], lines);

  assert.equal(jobs.length, 2);
  assert.match(JSON.stringify(valuesOf(jobs)[0]), /longer than 8388608 characters/u);
  assert.deepEqual(valuesOf(jobs)[1], { a: 1 });
  assert.ok(turns.length >= long.length / slicePerTurn);
});

test('a chunk of any size is read in turns of a bounded size', async () => {
  for (const [type, text] of [
    [json, `{"a":"${'x'.repeat(2_000_000)}"}`],
    [lines, `{"a":[${'1,'.repeat(200_000)}1]}\n`.repeat(3)],
    [json, `{"jobs":[${'{"a":{"b":1}},'.repeat(900)}1]}`],
  ] as const) {
    const { turns, error } = await readAll([text], type);

    assert.equal(error, undefined);
    assert.ok(turns.length >= text.length / slicePerTurn);
    assert.ok(Math.max(...turns) < 8000, 'each fits into one turn');
  }
});

test('what ends a call early says where', async () => {
  const text = new TextEncoder();
  const cases: readonly (readonly [string, readonly (string | Uint8Array)[], RegExp])[] = [
    ['nothing', [], /ends too early/u],
    ['JSON that breaks off', ['{"request":{"body":'], /^request\.body: is not JSON: it ends too early/u],
    ['nesting', [`{"a":${'['.repeat(100)}`], /^a\[0\].*nested deeper than 80 levels/u],
    ['more after the end', ['{} {}'], /is not JSON/u],
    ['fields beside a list', ['{"jobs":[{}],"batch":"b"}'], /^batch: is not known beside "jobs"/u],
    ['UTF-16', [Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0)], /not UTF-8/u],
    ['half a character', [text.encode('{"a":"é').slice(0, -1)], /not UTF-8/u],
    ['a null character', ['{"a":1}\u0000'], /is not JSON/u],
  ];
  for (const [name, chunks, expected] of cases) {
    const { error } = await readAll(chunks, json);
    assert.match(problemsOf(error).join(), expected, name);
  }
});

test('an array is read, to be refused as no job; an empty list holds no job', async () => {
  assert.deepEqual(valuesOf((await readAll(['[{"id":"a"}]'], json)).jobs), [[{ id: 'a' }]]);
  assert.deepEqual((await readAll(['{"jobs":[]}'], json)).jobs, []);
  assert.deepEqual((await readAll([' \n '], lines)).jobs, []);
});

test('a call of too many jobs or bytes ends after those that it may hold', async () => {
  const many = await readAll(['{}\n'.repeat(1001)], lines);
  assert.equal(many.jobs.length, 1000);
  assert.match(problemsOf(many.error).join(), /1000 jobs at the most/u);

  const megabyte = `{"a":"${'x'.repeat(1_048_576 - 9)}"}\n`;
  const large = await readAll(
    Array.from({ length: 18 }, () => megabyte),
    lines,
  );
  assert.equal(large.jobs.length, 16);
  assert.match(problemsOf(large.error).join(), /16777216 bytes at the most/u);
});
