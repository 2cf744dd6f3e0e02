import {
  VectorEmbeddingDataType,
  VectorEmbeddingDistanceFunction,
  VectorIndexType,
  type ContainerRequest,
  type JSONValue,
} from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openContainer, skipOnForeignAccount } from './endpoint.ts';
import { answersOf, sharedItems } from './query-items.ts';

const skip = skipOnForeignAccount('vector search has to be enabled on the account');

const policy = (distanceFunction: VectorEmbeddingDistanceFunction): Omit<ContainerRequest, 'partitionKey'> => ({
  vectorEmbeddingPolicy: {
    vectorEmbeddings: [{ path: '/vector', dataType: VectorEmbeddingDataType.Float32, dimensions: 3, distanceFunction }],
  },
  indexingPolicy: {
    includedPaths: [{ path: '/*' }],
    excludedPaths: [{ path: '/vector/*' }],
    vectorIndexes: [{ path: '/vector', type: VectorIndexType.Flat }],
  },
});

const items = [
  { id: 'x', kind: 'axis', vector: [1, 0, 0] },
  { id: 'y', kind: 'axis', vector: [0, 2, 0] },
  { id: 'between', kind: 'other', vector: [3, 3, 0] },
  { id: 'away', kind: 'other', vector: [-1, 0, 0] },
  { id: 'none', kind: 'axis' },
];
const byCosine = sharedItems(items, policy(VectorEmbeddingDistanceFunction.Cosine));
const byDistance = sharedItems(items, policy(VectorEmbeddingDistanceFunction.Euclidean));

const wanted = { name: '@wanted', value: [1, 0.5, 0] };

test('the most similar vectors come first, as the policy measures it', { skip }, async () => {
  const query = {
    query: 'SELECT TOP 3 VALUE c.id FROM c ORDER BY VectorDistance(c.vector, @wanted)',
    parameters: [wanted],
  };

  assert.deepEqual(await answersOf(await byCosine(), query), ['between', 'x', 'y']);
  assert.deepEqual(await answersOf(await byDistance(), query), ['x', 'y', 'away']);
});

test('the score is selected beside the item', { skip }, async () => {
  const query = {
    query:
      'SELECT TOP 2 c.id, VectorDistance(c.vector, @wanted) AS score FROM c ORDER BY VectorDistance(c.vector, @wanted)',
    parameters: [wanted],
  };

  const answers = await answersOf(await byDistance(), query);

  assert.deepEqual(answers, [
    { id: 'x', score: 0.5 },
    { id: 'y', score: Math.sqrt(3.25) },
  ]);
});

test('a search is filtered, and cut out by OFFSET and LIMIT', { skip }, async () => {
  const query = (page: string) => ({
    query: `SELECT VALUE c.id FROM c WHERE c.kind = 'axis' ORDER BY VectorDistance(c.vector, @wanted) ${page}`,
    parameters: [wanted],
  });

  assert.deepEqual(await answersOf(await byCosine(), query('OFFSET 0 LIMIT 5')), ['x', 'y']);
  assert.deepEqual(await answersOf(await byCosine(), query('OFFSET 1 LIMIT 5')), ['y']);
});

const scores: readonly (readonly [options: string, score: number])[] = [
  ['', 16 / 18],
  [", true, {'distanceFunction': 'cosine'}", 16 / 18],
  [", true, {'distanceFunction': 'dotproduct'}", 16],
  [", false, {'distanceFunction': 'euclidean', 'dataType': 'float32'}", Math.sqrt(13)],
];

for (const [options, score] of scores) {
  test(`VectorDistance([1, 2, 2], [4, 2, 4]${options}) is ${score}`, { skip }, async () => {
    const query = `SELECT TOP 1 VALUE VectorDistance([1, 2, 2], [4, 2, 4]${options}) FROM c`;

    const [answer] = await answersOf(await byCosine(), query);

    assert.ok(Math.abs(Number(answer) - score) < 1e-9);
  });
}

test('a vector of another length than the policy says is refused', { skip }, async () => {
  const query: { query: string; parameters: { name: string; value: JSONValue }[] } = {
    query: 'SELECT TOP 1 VALUE c.id FROM c ORDER BY VectorDistance(c.vector, @wanted)',
    parameters: [{ name: '@wanted', value: [1, 0] }],
  };

  await assert.rejects(answersOf(await byCosine(), query), { code: 400 });
});

test('a search without TOP or LIMIT is refused by the SDK', { skip }, async () => {
  await assert.rejects(
    answersOf(await byCosine(), 'SELECT VALUE c.id FROM c ORDER BY VectorDistance(c.vector, [1, 0, 0])'),
    /without TOP or LIMIT/u,
  );
});

test('a vector index needs its path in the policy', { skip }, async (t) => {
  await assert.rejects(
    openContainer(t, { indexingPolicy: { vectorIndexes: [{ path: '/vector', type: VectorIndexType.Flat }] } }),
    { code: 400 },
  );
});

test('a container tells its vector policy, which stays as it is', { skip }, async (t) => {
  const settings = policy(VectorEmbeddingDistanceFunction.DotProduct);
  const container = await openContainer(t, settings);

  const { resource } = await container.read();

  assert.deepEqual(resource?.vectorEmbeddingPolicy, settings.vectorEmbeddingPolicy);
  await assert.rejects(
    container.replace({
      id: container.id,
      partitionKey: { paths: ['/id'] },
      ...policy(VectorEmbeddingDistanceFunction.Cosine),
    }),
    { code: 400 },
  );
});
