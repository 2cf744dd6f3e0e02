import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileQuery, readPageNumbers } from '../../../local/cosmos/query/compile-query.ts';
import { gatewayAnswer, planQuery, type QueryPlan } from '../../../local/cosmos/query/query-plan.ts';

function plan(text: string): QueryPlan['queryInfo'] {
  const compiled = compileQuery(text);
  const surroundings = { parameters: new Map(), nowMs: 0, vectors: [] };
  return planQuery(compiled, readPageNumbers(compiled, new Map()), surroundings).queryInfo;
}

test('a filter with a projection needs no rewriting', () => {
  const info = plan('SELECT c.id FROM c WHERE c.n = 1');

  assert.equal(info.rewrittenQuery, '');
  assert.deepEqual([info.aggregates, info.orderBy, info.hasSelectValue], [[], [], false]);
});

test('an aggregate is wrapped so that the client can add it up', () => {
  const info = plan('SELECT VALUE COUNT(1) FROM c');

  assert.deepEqual(info.aggregates, ['Count']);
  assert.equal(info.rewrittenQuery, 'SELECT VALUE [{"item": COUNT(1)}] FROM c');
});

test('an average travels as a sum and a count', () => {
  assert.equal(
    plan('SELECT VALUE AVG(c.n) FROM c').rewrittenQuery,
    'SELECT VALUE [{"item": {"sum": SUM(c.n), "count": COUNT(c.n)}}] FROM c',
  );
});

test('an ordered query selects its keys and leaves a place for the filter that resumes it', () => {
  const info = plan('SELECT TOP 2 c.id FROM c WHERE c.n > 1 ORDER BY c.n DESC, c["odd name"]');

  assert.deepEqual(info.orderBy, ['Descending', 'Ascending']);
  assert.deepEqual(info.orderByExpressions, ['c.n', 'c["odd name"]']);
  assert.equal(
    info.rewrittenQuery,
    'SELECT TOP 2 c._rid, [{"item": c.n}, {"item": c["odd name"]}] AS orderByItems, {"id": c.id} AS payload ' +
      'FROM c WHERE ((c.n > 1)) AND ({documentdb-formattableorderbyquery-filter}) ORDER BY c.n DESC, c["odd name"] ASC',
  );
});

test('the ranges skip nothing: OFFSET is for the client', () => {
  const info = plan('SELECT * FROM c OFFSET 3 LIMIT 4');

  assert.deepEqual([info.offset, info.limit], [3, 4]);
  assert.equal(info.rewrittenQuery, 'SELECT * FROM c OFFSET 0 LIMIT 7');
});

test('groups name their keys, their aliases and their aggregates', () => {
  const info = plan('SELECT c.state, MAX(c.n) AS highest FROM c GROUP BY c.state');

  assert.deepEqual(info.groupByExpressions, ['c.state']);
  assert.deepEqual(info.groupByAliases, ['state', 'highest']);
  assert.deepEqual(info.groupByAliasToAggregateType, { state: null, highest: 'Max' });
  assert.equal(
    info.rewrittenQuery,
    'SELECT [{"item": c.state}] AS groupByItems, {"state": c.state, ' +
      '"highest": {"item": MAX(c.n), "item2": {"max": MAX(c.n), "count": COUNT(c.n)}}} AS payload FROM c GROUP BY c.state',
  );
});

test('rewritten queries are queries again', () => {
  for (const text of [
    'SELECT VALUE MIN(c.n) FROM c WHERE c.a IN (1, "b") AND NOT (c.n BETWEEN 1 AND 2)',
    'SELECT c.a, AVG(c.n) AS mean FROM c GROUP BY c.a',
    'SELECT VALUE {"a": [c.n, -1], "b": c.x ? 1 : null} FROM c ORDER BY c.n',
    'SELECT DISTINCT t.name FROM c JOIN t IN c.tags JOIN (SELECT VALUE COUNT(1) FROM u IN t.uses) n ORDER BY c.a',
    'SELECT VALUE EXISTS(SELECT VALUE t FROM t IN c["value"] WHERE t LIKE "a^%%" ESCAPE "^") FROM c ORDER BY c["order"]',
    'SELECT TOP 3 c.id FROM c ORDER BY VectorDistance(c.v, [1, 2], true, {"distanceFunction": "euclidean"})',
    'SELECT t FROM t IN c.tags OFFSET 1 LIMIT 2',
    "SELECT * FROM c WHERE STARTSWITH(c.a, 'quote \\' \" é') ORDER BY c.a OFFSET 1 LIMIT 2",
  ]) {
    const { rewrittenQuery } = plan(text);

    compileQuery(rewrittenQuery.replace('{documentdb-formattableorderbyquery-filter}', "(c.n >= 'x')"));
  }
});

test('the gateway serves filters, plans merges, and refuses aggregates without VALUE', () => {
  const answer = (text: string) => gatewayAnswer(compileQuery(text).query);

  assert.equal(answer('SELECT c.id FROM c WHERE c.n > 1'), 'serve');
  assert.equal(answer('SELECT VALUE COUNT(1) FROM c'), 'plan');
  assert.equal(answer('SELECT TOP 1 * FROM c'), 'plan');
  assert.equal(answer('SELECT DISTINCT c.n FROM c'), 'plan');
  assert.equal(
    answer('SELECT t FROM c JOIN t IN c.tags WHERE EXISTS(SELECT VALUE COUNT(1) FROM u IN t.uses)'),
    'serve',
  );
  assert.equal(answer('SELECT * FROM c ORDER BY c.n'), 'plan');
  assert.equal(answer('SELECT c.a, COUNT(1) AS n FROM c GROUP BY c.a'), 'aggregate without VALUE');
});

test('equal results lie together where they are what the order goes by', () => {
  const type = (text: string) => plan(text).distinctType;

  assert.equal(type('SELECT c.n FROM c'), 'None');
  assert.equal(type('SELECT DISTINCT c.n FROM c'), 'Unordered');
  assert.equal(type('SELECT DISTINCT VALUE c.n FROM c ORDER BY c.n'), 'Ordered');
  assert.equal(type('SELECT DISTINCT c.n, c.m FROM c ORDER BY c.n'), 'Unordered');
});

test('a vector search is sorted by the client, from the most similar on', () => {
  const search = (options: string) =>
    plan(`SELECT TOP 3 c.id FROM c ORDER BY VectorDistance(c.v, [1, 2], false, ${options})`);

  assert.deepEqual(search('{"distanceFunction": "cosine"}').orderBy, ['Descending']);
  assert.deepEqual(search('{"distanceFunction": "euclidean"}').orderBy, ['Ascending']);
  assert.equal(search('{}').hasNonStreamingOrderBy, true);
  assert.equal(plan('SELECT * FROM c ORDER BY c.n').hasNonStreamingOrderBy, false);
});
