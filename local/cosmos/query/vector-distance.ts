import { isArray, isObject, type Json, type Value } from '../json.ts';
import { QueryError } from './query-error.ts';
import type { Expression } from './syntax.ts';

export type DistanceFunction = 'cosine' | 'dotproduct' | 'euclidean';

/** One entry of a container's `vectorEmbeddingPolicy`. */
export interface VectorPolicy {
  /** The names from the item down. */
  readonly path: readonly string[];
  readonly dimensions: number;
  readonly distanceFunction: DistanceFunction;
}

export function isVectorDistance(expression: Expression): boolean {
  return expression.kind === 'call' && expression.name === 'VECTORDISTANCE';
}

const measures = {
  cosine: (left: readonly number[], right: readonly number[]) => {
    const length = Math.sqrt(dot(left, left) * dot(right, right));
    return length === 0 ? 0 : dot(left, right) / length;
  },
  dotproduct: dot,
  euclidean: (left: readonly number[], right: readonly number[]) => {
    let sum = 0;
    for (let index = 0; index < left.length; index += 1) {
      sum += ((left[index] ?? 0) - (right[index] ?? 0)) ** 2;
    }
    return Math.sqrt(sum);
  },
} as const;

function dot(left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) {
    sum += (left[index] ?? 0) * (right[index] ?? 0);
  }
  return sum;
}

/**
 * The similarity score of two lists of numbers (learn.microsoft.com/azure/cosmos-db/nosql/query/vectordistance):
 * cosine and dot product grow with the similarity, the Euclidean distance falls. Undefined for what is no vector, and
 * for vectors of different lengths.
 */
export function vectorDistance(left: Value, right: Value, distance: DistanceFunction): number | undefined {
  if (!isVector(left) || !isVector(right) || left.length !== right.length || left.length === 0) {
    return undefined;
  }
  return measures[distance](left, right);
}

function isVector(value: Value): value is readonly number[] {
  return isArray(value) && value.every((part) => typeof part === 'number');
}

/** Whether the most similar vectors have the greatest scores. */
export function growsWithSimilarity(distance: DistanceFunction): boolean {
  return distance !== 'euclidean';
}

const knownOptions = new Set(['distanceFunction', 'dataType', 'searchListSizeMultiplier', 'filterPriority']);

/** The distance function of a call: from its options, else from the container's policy, else cosine. */
export function readDistanceFunction(options: Value, policy: VectorPolicy | undefined): DistanceFunction {
  if (options === undefined) {
    return policy?.distanceFunction ?? 'cosine';
  }
  if (!isObject(options)) {
    throw new QueryError('SC2051', 'The options of VectorDistance are an object.');
  }
  const unknown = Object.keys(options).find((name) => !knownOptions.has(name));
  if (unknown !== undefined) {
    throw new QueryError('SC2051', `'${unknown}' is not an option of VectorDistance.`);
  }
  const named = options['distanceFunction'];
  return named === undefined ? (policy?.distanceFunction ?? 'cosine') : namedDistance(named);
}

/** Throws `QueryError` for a name that is none. Case does not count: policies and queries write it differently. */
export function namedDistance(name: Json): DistanceFunction {
  const text = typeof name === 'string' ? name.toLowerCase() : '';
  if (text === 'cosine' || text === 'dotproduct' || text === 'euclidean') {
    return text;
  }
  throw new QueryError(
    'SC2051',
    `The distance function ${JSON.stringify(name)} is none of cosine, dotproduct, euclidean.`,
  );
}

/** Refuses a query vector that cannot lie in the space of the policy. Throws `QueryError`. */
export function requireDimensions(vector: Value, { dimensions, path }: VectorPolicy): void {
  if (isArray(vector) && vector.length !== dimensions) {
    throw new QueryError(
      'SC2051',
      `The vector has ${vector.length} dimensions, the container's vector policy for /${path.join('/')} says ${dimensions}.`,
    );
  }
}
