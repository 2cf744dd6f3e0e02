import { z } from 'zod';
import { CosmosError } from '../cosmos-error.ts';
import type { Json } from '../json.ts';
import { namedDistance, type VectorPolicy } from '../query/vector-distance.ts';

/** Which properties hold vectors, as a container is made with it (learn.microsoft.com/azure/cosmos-db/nosql/vector-search). */
export interface VectorEmbeddingPolicy {
  readonly vectorEmbeddings: readonly VectorEmbedding[];
}

interface VectorEmbedding {
  /** `/a/b` */
  readonly path: string;
  readonly dataType: string;
  readonly dimensions: number;
  readonly distanceFunction: string;
}

/** They change how fast the service is; here every search looks at all vectors. */
export interface VectorIndex {
  readonly path: string;
  readonly type: 'flat' | 'quantizedFlat' | 'diskANN';
}

export const vectorEmbeddingPolicySchema = z.object({
  vectorEmbeddings: z.array(
    z.object({
      path: z.string().regex(/^(?:\/[^/]+)+$/u),
      dataType: z.enum(['float16', 'float32', 'int8', 'uint8']),
      dimensions: z.number().int().min(1),
      distanceFunction: z.enum(['cosine', 'dotproduct', 'euclidean']),
    }),
  ),
});

export const vectorIndexesSchema = z.array(
  z.looseObject({ path: z.string(), type: z.enum(['flat', 'quantizedFlat', 'diskANN']) }),
);

/** Most dimensions of a flat index, and of any other one. */
const mostFlatDimensions = 505;
const mostDimensions = 4096;

/** An index needs a vector at its path, and has a bound for its dimensions. Throws `CosmosError` (400). */
export function checkVectors(policy: VectorEmbeddingPolicy | undefined, indexes: readonly VectorIndex[]): void {
  const embeddings = policy?.vectorEmbeddings ?? [];
  const paths = embeddings.map(({ path }) => path);
  if (new Set(paths).size < paths.length) {
    throw new CosmosError('BadRequest', 'The vector embedding policy names a path twice.');
  }
  const large = embeddings.find(({ dimensions }) => dimensions > mostDimensions);
  if (large !== undefined) {
    throw new CosmosError('BadRequest', `The vector at ${large.path} has more than ${mostDimensions} dimensions.`);
  }
  for (const { path, type } of indexes) {
    const embedding = embeddings.find((entry) => entry.path === path);
    if (embedding === undefined) {
      throw new CosmosError('BadRequest', `The vector index path ${path} is not in the vector embedding policy.`);
    }
    if (type === 'flat' && embedding.dimensions > mostFlatDimensions) {
      throw new CosmosError('BadRequest', `A flat vector index has at most ${mostFlatDimensions} dimensions.`);
    }
  }
}

/** The policy as queries use it. */
export function vectorPoliciesOf(policy: VectorEmbeddingPolicy | undefined): readonly VectorPolicy[] {
  return (policy?.vectorEmbeddings ?? []).map(({ path, dimensions, distanceFunction }) => ({
    path: path.split('/').slice(1),
    dimensions,
    distanceFunction: namedDistance(distanceFunction),
  }));
}

/** As the wire shows it. */
export function vectorPolicyResource({ vectorEmbeddings }: VectorEmbeddingPolicy): Json {
  return { vectorEmbeddings: vectorEmbeddings.map((embedding) => ({ ...embedding })) };
}
