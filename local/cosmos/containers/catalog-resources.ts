import type { Container, Database } from './catalog.ts';
import type { JsonObject } from '../json.ts';
import { databaseRid } from './resource-id.ts';
import { vectorPolicyResource } from './vector-policy.ts';

/** A database as the wire shows it. */
export function databaseResource({ number, id, modifiedMs }: Database): JsonObject {
  const rid = databaseRid(number);
  return { id, ...systemProperties(rid, `dbs/${rid}/`, modifiedMs), _colls: 'colls/', _users: 'users/' };
}

/** A container as the wire shows it. */
export function containerResource(container: Container): JsonObject {
  const { id, partitionKey, defaultTtl, indexingPolicy, uniqueKeyPolicy, vectorEmbeddingPolicy } = container.definition;
  const { compositeIndexes, vectorIndexes, indexingMode, automatic, includedPaths, excludedPaths } = indexingPolicy;
  const self = `dbs/${databaseRid(container.databaseNumber)}/colls/${container.rid}/`;
  return {
    id,
    partitionKey: { ...partitionKey },
    ...(defaultTtl === undefined ? {} : { defaultTtl }),
    indexingPolicy: {
      indexingMode,
      automatic,
      includedPaths: includedPaths.map(({ path }) => ({ path })),
      excludedPaths: excludedPaths.map(({ path }) => ({ path })),
      ...(compositeIndexes === undefined ? {} : { compositeIndexes }),
      ...(vectorIndexes === undefined ? {} : { vectorIndexes: vectorIndexes.map((index) => ({ ...index })) }),
    },
    uniqueKeyPolicy: { uniqueKeys: (uniqueKeyPolicy?.uniqueKeys ?? []).map(({ paths }) => ({ paths })) },
    ...(vectorEmbeddingPolicy === undefined
      ? {}
      : { vectorEmbeddingPolicy: vectorPolicyResource(vectorEmbeddingPolicy) }),
    conflictResolutionPolicy: {
      mode: 'LastWriterWins',
      conflictResolutionPath: '/_ts',
      conflictResolutionProcedure: '',
    },
    geospatialConfig: { type: 'Geography' },
    ...systemProperties(container.rid, self, container.modifiedMs),
    _docs: 'docs/',
    _sprocs: 'sprocs/',
    _triggers: 'triggers/',
    _udfs: 'udfs/',
    _conflicts: 'conflicts/',
  };
}

function systemProperties(rid: string, self: string, modifiedMs: number): JsonObject {
  const etag = `"00000000-0000-0000-0000-${modifiedMs.toString(16).padStart(12, '0')}"`;
  return { _rid: rid, _self: self, _etag: etag, _ts: Math.floor(modifiedMs / 1000) };
}
