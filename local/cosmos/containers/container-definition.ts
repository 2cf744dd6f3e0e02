import { z } from 'zod';
import { CosmosError, notCarriedError } from '../cosmos-error.ts';
import { isObject, type Json } from '../json.ts';
import { parsePartitionKeyPath } from './partition-key.ts';
import { readResourceName } from './resource-name.ts';
import { isTtl } from '../items/time-to-live.ts';
import { checkVectors, vectorEmbeddingPolicySchema, vectorIndexesSchema } from './vector-policy.ts';
import type { VectorEmbeddingPolicy, VectorIndex } from './vector-policy.ts';

/** What a container is made with, as it goes over the wire and into the catalog. */
export interface ContainerDefinition {
  readonly id: string;
  readonly partitionKey: PartitionKeyDefinition;
  readonly defaultTtl?: number | undefined;
  readonly uniqueKeyPolicy?: UniqueKeyPolicy | undefined;
  readonly vectorEmbeddingPolicy?: VectorEmbeddingPolicy | undefined;
  readonly indexingPolicy: IndexingPolicy;
}

/** `MultiHash` with two or three paths: a hierarchical key. */
export interface PartitionKeyDefinition {
  readonly paths: readonly string[];
  readonly kind: 'Hash' | 'MultiHash';
  readonly version: number;
}

export interface UniqueKeyPolicy {
  readonly uniqueKeys: readonly { readonly paths: readonly string[] }[];
}

export interface IndexingPolicy {
  readonly indexingMode: 'consistent' | 'none';
  readonly automatic: boolean;
  readonly includedPaths: readonly { readonly path: string }[];
  readonly excludedPaths: readonly { readonly path: string }[];
  readonly compositeIndexes?: readonly Json[] | undefined;
  readonly vectorIndexes?: readonly VectorIndex[] | undefined;
}

const pathEntries = z.array(z.object({ path: z.string() }));
const json = z.custom<Json>((value) => value !== undefined);
const everything: IndexingPolicy = {
  indexingMode: 'consistent',
  automatic: true,
  includedPaths: [{ path: '/*' }],
  excludedPaths: [{ path: '/"_etag"/?' }],
};

const definitionSchema = z.object({
  id: z.string(),
  partitionKey: z.object({
    paths: z.array(z.string()),
    kind: z.string().default('Hash'),
    version: z.number().default(2),
  }),
  defaultTtl: json.optional(),
  uniqueKeyPolicy: z.object({ uniqueKeys: z.array(z.object({ paths: z.array(z.string()).min(1) })) }).nullish(),
  vectorEmbeddingPolicy: vectorEmbeddingPolicySchema.nullish(),
  indexingPolicy: z
    .object({
      indexingMode: z
        .string()
        .transform((mode) => mode.toLowerCase())
        .pipe(z.enum(['consistent', 'none']))
        .default('consistent'),
      automatic: z.boolean().default(true),
      includedPaths: pathEntries.default([]),
      excludedPaths: pathEntries.default([]),
      compositeIndexes: z.array(json).optional(),
      vectorIndexes: vectorIndexesSchema.optional(),
    })
    .optional(),
});

const leftOut = [
  ['fullTextPolicy', 'full text search'],
  ['computedProperties', 'computed properties'],
  ['clientEncryptionPolicy', 'client encryption'],
  ['analyticalStorageTtl', 'the analytical store'],
  ['materializedViewDefinition', 'materialized views'],
] as const;

const leftOutIndexes = [
  ['fullTextIndexes', 'full text search'],
  ['spatialIndexes', 'spatial indexes'],
] as const;

/** Reads the body of a create or a replace. Throws `CosmosError` (400). */
export function readContainerDefinition(body: Json | undefined): ContainerDefinition {
  const read = definitionSchema.safeParse(body);
  if (!read.success) {
    throw new CosmosError('BadRequest', `The container is not valid: ${z.prettifyError(read.error)}`);
  }
  refuseLeftOut(body);
  const { id, partitionKey, defaultTtl, indexingPolicy, uniqueKeyPolicy } = read.data;
  const vectorEmbeddingPolicy = read.data.vectorEmbeddingPolicy ?? undefined;
  checkVectors(vectorEmbeddingPolicy, indexingPolicy?.vectorIndexes ?? []);
  if (defaultTtl !== undefined && !isTtl(defaultTtl)) {
    throw new CosmosError('BadRequest', "'defaultTtl' is -1 or a whole number from 1 to 2147483647.");
  }
  return {
    id: readResourceName(id),
    partitionKey: readPartitionKeyDefinition(partitionKey),
    defaultTtl,
    ...(uniqueKeyPolicy === undefined || uniqueKeyPolicy === null || uniqueKeyPolicy.uniqueKeys.length === 0
      ? {}
      : { uniqueKeyPolicy: checkUniqueKeys(uniqueKeyPolicy) }),
    ...(vectorEmbeddingPolicy === undefined ? {} : { vectorEmbeddingPolicy }),
    indexingPolicy: indexingPolicy ?? everything,
  };
}

/** learn.microsoft.com/azure/cosmos-db/hierarchical-partition-keys: up to three levels. */
const mostLevels = 3;

function readPartitionKeyDefinition(asked: z.infer<typeof definitionSchema>['partitionKey']): PartitionKeyDefinition {
  const { paths, kind, version } = asked;
  for (const path of paths) {
    parsePartitionKeyPath(path);
  }
  const names = new Set(paths);
  if (kind === 'Hash' && paths.length === 1) {
    return { paths, kind, version };
  }
  if (kind === 'MultiHash' && paths.length > 0 && paths.length <= mostLevels && names.size === paths.length) {
    return { paths, kind, version: 2 };
  }
  throw new CosmosError(
    'BadRequest',
    `A partition key has one path (kind Hash), or up to ${mostLevels} different ones (kind MultiHash).`,
  );
}

/** learn.microsoft.com/azure/cosmos-db/concepts-limits: 10 unique keys of 16 paths a container. */
const mostUniqueKeys = 10;
const mostUniquePaths = 16;

function checkUniqueKeys({ uniqueKeys }: UniqueKeyPolicy): UniqueKeyPolicy {
  if (uniqueKeys.length > mostUniqueKeys || uniqueKeys.some(({ paths }) => paths.length > mostUniquePaths)) {
    throw new CosmosError(
      'BadRequest',
      `A container has at most ${mostUniqueKeys} unique keys, each of at most ${mostUniquePaths} paths.`,
    );
  }
  for (const path of uniqueKeys.flatMap((key) => key.paths)) {
    if (!/^(?:\/[^/"\\]+)+$/u.test(path)) {
      throw new CosmosError('BadRequest', `The unique key path '${path}' is invalid.`);
    }
  }
  return { uniqueKeys };
}

function refuseLeftOut(body: Json | undefined): void {
  const present = new Set(typeof body === 'object' && body !== null ? Object.keys(body) : []);
  for (const [member, feature] of leftOut) {
    if (present.has(member)) {
      throw notCarriedError(`${feature} (${member})`);
    }
  }
  const indexing = isObject(body) ? body['indexingPolicy'] : undefined;
  for (const [member, feature] of leftOutIndexes) {
    const indexes = isObject(indexing) ? indexing[member] : undefined;
    if (Array.isArray(indexes) && indexes.length > 0) {
      throw notCarriedError(`${feature} (${member})`);
    }
  }
  const policy = isObject(body) ? body['changeFeedPolicy'] : undefined;
  if (isObject(policy) && Number(policy['retentionDuration'] ?? 0) > 0) {
    throw notCarriedError('the change feed of all versions and deletes (changeFeedPolicy)');
  }
  const conflicts = isObject(body) ? body['conflictResolutionPolicy'] : undefined;
  if (isObject(conflicts) && conflicts['mode'] !== 'LastWriterWins') {
    throw notCarriedError('conflict resolution of a custom kind (conflictResolutionPolicy)');
  }
}

/** The policy that indexes the given paths (`/state`), or everything when there is no list. */
export function indexingPolicyOf(indexedPaths: readonly string[] | undefined): IndexingPolicy {
  if (indexedPaths === undefined) {
    return everything;
  }
  const includedPaths = indexedPaths.map((path) => ({ path: /[?*]$/u.test(path) ? path : `${path}/?` }));
  return { indexingMode: 'consistent', automatic: true, includedPaths, excludedPaths: [{ path: '/*' }] };
}

/** The paths that are indexed; undefined for all. */
export function indexedPathsOf(policy: IndexingPolicy): readonly string[] | undefined {
  if (policy.indexingMode === 'none') {
    return [];
  }
  const included = policy.includedPaths.map((entry) => entry.path);
  return included.includes('/*') || (included.length === 0 && policy.excludedPaths.length === 0) ? undefined : included;
}
