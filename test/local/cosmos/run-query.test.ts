import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson, type Json } from '../../../local/cosmos/json.ts';
import { compileQuery, readPageNumbers } from '../../../local/cosmos/query/compile-query.ts';
import { readContinuation, writeContinuation, type Position } from '../../../local/cosmos/query/continuation.ts';
import type { QueryPage } from '../../../local/cosmos/query/query-run.ts';
import { openRow } from '../../../local/cosmos/query/rows.ts';
import { runQuery } from '../../../local/cosmos/query/run-query.ts';

const items: readonly Json[] = [
  { id: 'a', state: 'queued', n: 3, cost: 1.5 },
  { id: 'b', state: 'done', n: 1, cost: 'free' },
  { id: 'c', state: 'queued', n: 3 },
  { id: 'd', state: null, n: 2 },
  { id: 'e', n: 'two' },
];

interface Options {
  readonly parameters?: Readonly<Record<string, Json>>;
  readonly pageSize?: number;
  readonly position?: Position | undefined;
  readonly of?: readonly Json[];
}

function page(text: string, { parameters = {}, pageSize = 100, position, of = items }: Options = {}): QueryPage {
  const compiled = compileQuery(text);
  const named = new Map(Object.entries(parameters));
  const rows = of.map((item, index) => openRow(index + 1, JSON.stringify(item)));
  return runQuery({
    compiled,
    surroundings: { parameters: named, nowMs: 0, vectors: [] },
    numbers: readPageNumbers(compiled, named),
    pageSize,
    position,
    rowsBehind: (rowId) => rows.filter((row) => row.rowId > rowId),
    rowAt: (rowId) => rows[rowId - 1],
  });
}

function run(text: string, options: Options = {}): readonly Json[] {
  return page(text, options).documents.map(parseJson);
}

function runInPages(text: string, pageSize: number): readonly Json[] {
  const found: Json[] = [];
  let position: Position | undefined;
  do {
    const next = page(text, { pageSize, position });
    assert.ok(next.documents.length <= pageSize);
    found.push(...next.documents.map(parseJson));
    position = next.next === undefined ? undefined : readContinuation(writeContinuation(next.next));
  } while (position !== undefined);
  return found;
}

test('a projection keeps the order of the statement and leaves out what is undefined', () => {
  assert.deepEqual(run('SELECT c.n, c.id, c.cost FROM c WHERE c.state = "queued"'), [
    { n: 3, id: 'a', cost: 1.5 },
    { n: 3, id: 'c' },
  ]);
});

test('columns without a name of their own become $1, $2', () => {
  assert.deepEqual(run('SELECT c.n + 1, c.id AS name, c["n"], 1 FROM c WHERE c.id = "a"'), [
    { $1: 4, name: 'a', n: 3, $2: 1 },
  ]);
});

test('VALUE drops the rows for which it is undefined, and lists drop what is undefined in them', () => {
  assert.deepEqual(run('SELECT VALUE c.cost FROM c'), [1.5, 'free']);
  assert.deepEqual(run('SELECT VALUE [c.cost, c.n] FROM c WHERE c.id = "d"'), [[2]]);
});

test('parameters stand for values, in TOP and in names of properties too', () => {
  assert.deepEqual(
    run('SELECT TOP @n VALUE c.id FROM c WHERE c[@p] = @v', { parameters: { '@n': 1, '@p': 'n', '@v': 3 } }),
    ['a'],
  );
});

test('ORDER BY goes by type first, undefined before null, and by insertion among equals', () => {
  assert.deepEqual(run('SELECT VALUE c.id FROM c ORDER BY c.state'), ['e', 'd', 'b', 'a', 'c']);
  assert.deepEqual(run('SELECT VALUE c.id FROM c ORDER BY c.n DESC'), ['e', 'c', 'a', 'd', 'b']);
});

test('ORDER BY takes several keys, each with its direction', () => {
  assert.deepEqual(run('SELECT VALUE c.id FROM c ORDER BY c.n DESC, c.id ASC'), ['e', 'a', 'c', 'd', 'b']);
});

test('OFFSET and LIMIT cut a part out', () => {
  assert.deepEqual(run('SELECT VALUE c.id FROM c OFFSET 1 LIMIT 2'), ['b', 'c']);
  assert.deepEqual(run('SELECT VALUE c.id FROM c ORDER BY c.id DESC OFFSET 4 LIMIT 5'), ['a']);
  assert.deepEqual(run('SELECT VALUE c.id FROM c OFFSET 0 LIMIT 0'), []);
});

for (const query of [
  'SELECT VALUE c.id FROM c',
  'SELECT VALUE c.id FROM c ORDER BY c.state',
  'SELECT VALUE c.id FROM c ORDER BY c.n DESC, c.id',
  'SELECT VALUE c.id FROM c OFFSET 1 LIMIT 3',
  'SELECT TOP 4 VALUE c.id FROM c ORDER BY c.n',
]) {
  test(`pages of any size make up the whole: ${query}`, () => {
    const whole = run(query);

    for (const pageSize of [1, 2, 3, 5]) {
      assert.deepEqual(runInPages(query, pageSize), whole);
    }
  });
}

test('an ordered query goes on at its place when items before it come and go', () => {
  const first = page('SELECT VALUE c.id FROM c ORDER BY c.id', { pageSize: 2 });
  const changed: readonly Json[] = [...items.slice(1), { id: 'bb' }, { id: 'A' }];

  const rest = run('SELECT VALUE c.id FROM c ORDER BY c.id', { position: first.next, of: changed });

  assert.deepEqual(first.documents.map(parseJson), ['a', 'b']);
  assert.deepEqual(rest, ['bb', 'c', 'd', 'e']);
});

test('the front of a long order is the same as the front of the whole', () => {
  const many = Array.from({ length: 5000 }, (_, n) => ({ id: `i${n}`, n: (n * 7919) % 5000 }));

  const found = run('SELECT TOP 3 VALUE c.n FROM c ORDER BY c.n DESC', { of: many, pageSize: 10 });
  const later = run('SELECT VALUE c.n FROM c ORDER BY c.n OFFSET 2500 LIMIT 2', { of: many, pageSize: 10 });

  assert.deepEqual(found, [4999, 4998, 4997]);
  assert.deepEqual(later, [2500, 2501]);
});

test('rows that VALUE drops do not end a long ordered query early', () => {
  const many = Array.from({ length: 5000 }, (_, n) =>
    n % 2500 === 0 ? { id: `i${n}`, n, rare: n } : { id: `i${n}`, n },
  );

  const found: Json[] = [];
  let position: Position | undefined;
  do {
    const next = page('SELECT VALUE c.rare FROM c ORDER BY c.n DESC', { of: many, pageSize: 1, position });
    found.push(...next.documents.map(parseJson));
    position = next.next;
  } while (position !== undefined);

  assert.deepEqual(found, [2500, 0]);
});

test('the last page has no continuation', () => {
  assert.equal(page('SELECT * FROM c', { pageSize: 5 }).next, undefined);
  assert.notEqual(page('SELECT * FROM c', { pageSize: 4 }).next, undefined);
});

test('aggregates leave out undefined, and SUM and AVG of mixed types are undefined', () => {
  assert.deepEqual(run('SELECT VALUE COUNT(1) FROM c'), [5]);
  assert.deepEqual(run('SELECT VALUE COUNT(c.cost) FROM c'), [2]);
  assert.deepEqual(run('SELECT VALUE SUM(c.n) FROM c WHERE IS_NUMBER(c.n)'), [9]);
  assert.deepEqual(run('SELECT VALUE SUM(c.n) FROM c'), []);
  assert.deepEqual(run('SELECT VALUE AVG(c.n) FROM c WHERE IS_NUMBER(c.n)'), [2.25]);
  assert.deepEqual(run('SELECT VALUE AVG(c.none) FROM c'), []);
  assert.deepEqual(run('SELECT MIN(c.n) AS low, MAX(c.n) AS high FROM c'), [{ low: 1, high: 'two' }]);
});

test('an aggregate over nothing is one row', () => {
  assert.deepEqual(run('SELECT COUNT(1) AS n, MAX(c.n) AS high FROM c WHERE false'), [{ n: 0 }]);
});

test('GROUP BY makes a group of undefined and one of null', () => {
  assert.deepEqual(run('SELECT c.state, COUNT(1) AS n, SUM(c.n) AS sum FROM c GROUP BY c.state'), [
    { state: 'queued', n: 2, sum: 6 },
    { state: 'done', n: 1, sum: 1 },
    { state: null, n: 1, sum: 2 },
    { n: 1 },
  ]);
});

const refusals = [
  ['SELECT * FROM c JOIN t IN c.tags', /only valid with a single input set/u],
  ['SELECT *', /not valid if FROM clause is omitted/u],
  ['SELECT * FROM (SELECT 1)', /does not carry a subquery in the place of the container/u],
  ['SELECT t FROM c JOIN t IN d.tags', /Identifier 'd' could not be resolved/u],
  ['SELECT t FROM c JOIN t IN c.tags JOIN t IN c.tags', /alias 't' is specified more than once/u],
  ['SELECT (SELECT VALUE COUNTIF(true)) FROM c', /does not carry the aggregate COUNTIF/u],
  ['SELECT * FROM c WHERE udf.f(c.n)', /does not carry user defined functions/u],
  ['SELECT * FROM c WHERE ST_DISTANCE(c.a, c.b) < 1', /does not carry ST_DISTANCE \(spatial functions\)/u],
  ['SELECT * FROM c WHERE FullTextContains(c.text, "a")', /does not carry FULLTEXTCONTAINS \(full text/u],
  ['SELECT c.value FROM c', /incorrect syntax near 'value'/u],
  ['SELECT c.id, c.id FROM c', /'id' is used twice/u],
  ['SELECT c.id, COUNT(1) AS n FROM c GROUP BY c.state', /neither grouped/u],
  ['SELECT COUNT(1) AS n FROM c ORDER BY c.n', /ORDER BY is not allowed/u],
  ['SELECT * FROM c WHERE COUNT(1) > 1', /SELECT clause only/u],
  ['SELECT TOP 1 * FROM c OFFSET 1 LIMIT 1', /TOP and OFFSET/u],
  ['SELECT TOP @n * FROM c', /whole number/u],
  ['SELECT * FROM c ORDER BY RANK FullTextScore(c.text, "a")', /full text/u],
  ['SELECT SOUNDEX(c.a) FROM c', /'SOUNDEX' is not a function/u],
  ['SELECT LENGTH(c.a, 1) FROM c', /The LENGTH function requires 1 argument/u],
  ['SELECT TOP 1 c.id FROM c ORDER BY VectorDistance(c.v, [1]) DESC', /has an order of its own/u],
  ['SELECT * FROM c WHERE', /end of the query/u],
  ['DELETE FROM c', /incorrect syntax near 'DELETE'/u],
] as const;

for (const [query, message] of refusals) {
  test(`is refused: ${query}`, () => {
    assert.throws(() => run(query), { name: 'QueryError', message });
  });
}

test('a continuation that is not ours is refused', () => {
  assert.throws(() => readContinuation('{"token":"x","range":{"min":"","max":"FF"}}'), /Invalid Continuation Token/u);
});
