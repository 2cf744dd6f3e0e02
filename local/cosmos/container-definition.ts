import { z } from 'zod';
import { CosmosError, notCarriedError } from './cosmos-error.ts';
import type { Json } from './json.ts';
import { parsePartitionKeyPath } from './partition-key.ts';
import { readResourceName } from './resource-name.ts';
import { isTtl } from './time-to-live.ts';

/** What a container is made with, as it goes over the wire and into the catalog. */
export interface ContainerDefinition {
  readonly id: string;
  readonly partitionKey: { readonly paths: readonly string[]; readonly kind: 'Hash'; readonly version: number };
  readonly defaultTtl?: number | undefined;
  readonly indexingPolicy: IndexingPolicy;
}

export interface IndexingPolicy {
  readonly indexingMode: 'consistent' | 'none';
  readonly automatic: boolean;
  readonly includedPaths: readonly { readonly path: string }[];
  readonly excludedPaths: readonly { readonly path: string }[];
  readonly compositeIndexes?: readonly Json[] | undefined;
}

const paths = z.array(z.object({ path: z.string() }));
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
  indexingPolicy: z
    .object({
      indexingMode: z
        .string()
        .transform((mode) => mode.toLowerCase())
        .pipe(z.enum(['consistent', 'none']))
        .default('consistent'),
      automatic: z.boolean().default(true),
      includedPaths: paths.default([]),
      excludedPaths: paths.default([]),
      compositeIndexes: z.array(json).optional(),
    })
    .optional(),
});

const leftOut = [
  ['uniqueKeyPolicy', 'unique keys'],
  ['vectorEmbeddingPolicy', 'vector search'],
  ['fullTextPolicy', 'full text search'],
  ['computedProperties', 'computed properties'],
  ['changeFeedPolicy', 'the change feed'],
  ['clientEncryptionPolicy', 'client encryption'],
] as const;

/** Reads the body of a create or a replace. Throws `CosmosError` (400). */
export function readContainerDefinition(body: Json | undefined): ContainerDefinition {
  const read = definitionSchema.safeParse(body);
  if (!read.success) {
    throw new CosmosError('BadRequest', `The container is not valid: ${z.prettifyError(read.error)}`);
  }
  refuseLeftOut(body);
  const { id, partitionKey, defaultTtl, indexingPolicy } = read.data;
  const [path] = partitionKey.paths;
  if (path === undefined || partitionKey.paths.length > 1 || partitionKey.kind !== 'Hash') {
    throw notCarriedError('partition keys of more than one path (hierarchical partition keys)');
  }
  parsePartitionKeyPath(path);
  if (defaultTtl !== undefined && !isTtl(defaultTtl)) {
    throw new CosmosError('BadRequest', "'defaultTtl' is -1 or a whole number from 1 to 2147483647.");
  }
  return {
    id: readResourceName(id),
    partitionKey: { paths: [path], kind: 'Hash', version: partitionKey.version },
    defaultTtl,
    indexingPolicy: indexingPolicy ?? everything,
  };
}

function refuseLeftOut(body: Json | undefined): void {
  const present = new Set(typeof body === 'object' && body !== null ? Object.keys(body) : []);
  for (const [member, feature] of leftOut) {
    if (present.has(member)) {
      throw notCarriedError(`${feature} (${member})`);
    }
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
