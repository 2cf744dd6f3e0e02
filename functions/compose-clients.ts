import { CosmosClient, type Database } from '@azure/cosmos';
import type { TokenCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
import type { BucketLimits } from '../shared/bucket/bucket-limits.ts';
import type { Config } from '../shared/config/read-config.ts';
import type { ModelSettings } from '../shared/config/setting-schema.ts';
import { AppError } from '../shared/errors.ts';
import type { AzureOpenAiSettings } from '../shared/models/azure-openai-model-client.ts';
import { modelCatalogue, type ModelOverride } from '../shared/models/model-catalogue.ts';
import type { BlobPayloadSettings } from '../shared/payloads/blob-payload-store.ts';
import type { Pool } from '../shared/pools/pool.ts';
import type { OtelTelemetrySettings } from '../shared/telemetry/otel-telemetry.ts';

/** Bucket exchanges give up soon: the reserver tries again, with a back-off of its own. */
const bucketTimeoutMs = 2000;
const documentTimeoutMs = 10_000;

/** Older chat models have so many requests a minute for each 1,000 tokens a minute. */
const requestsPerThousandTokens = 6;

/** Identity, unless every service has a key or a connection string of its own (the local stack). */
export async function credentialFor(config: Config): Promise<TokenCredential | undefined> {
  const hasKeys =
    'connectionString' in config.serviceBus &&
    'connectionString' in config.payloads &&
    config.cosmos.key !== undefined &&
    config.regions.every((region) => region.apiKey !== undefined);
  if (hasKeys) {
    return undefined;
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}

/** Two clients: buckets have their own time-out and do without the SDK's retries. */
export function cosmosDatabases(
  config: Config,
  credential: TokenCredential | undefined,
): { readonly documents: Database; readonly buckets: Database } {
  const { endpoint, key, database } = config.cosmos;
  const identity = key === undefined ? { aadCredentials: needed(credential) } : { key };
  const documents = new CosmosClient({
    endpoint,
    ...identity,
    connectionPolicy: { requestTimeout: documentTimeoutMs },
  });
  const buckets = new CosmosClient({
    endpoint,
    ...identity,
    connectionPolicy: { requestTimeout: bucketTimeoutMs, retryOptions: { maxRetryAttemptCount: 0 } },
  });
  return { documents: documents.database(database), buckets: buckets.database(database) };
}

export function serviceBusClient(config: Config, credential: TokenCredential | undefined): ServiceBusClient {
  const options = {
    retryOptions: { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000, timeoutInMs: 5000 },
  };
  return 'connectionString' in config.serviceBus
    ? new ServiceBusClient(config.serviceBus.connectionString, options)
    : new ServiceBusClient(config.serviceBus.namespace, needed(credential), options);
}

export function modelSettings(config: Config, credential: TokenCredential | undefined): AzureOpenAiSettings {
  return {
    regions: config.regions,
    credential,
    scope: config.azureOpenAiScope,
    connections: config.pump.maxJobsInHand,
    firstContentTimeoutMs: config.streamFirstMs,
    idleTimeoutMs: config.streamIdleMs,
  };
}

export function payloadSettings(config: Config, credential: TokenCredential | undefined): BlobPayloadSettings {
  const { payloads } = config;
  return 'connectionString' in payloads ? payloads : { ...payloads, credential: needed(credential) };
}

export function telemetrySettings(config: Config, credential: TokenCredential | undefined): OtelTelemetrySettings {
  return { ...config.telemetry, serviceName: 'sluice', credential };
}

/** The configured models, and every deployed one that the catalogue does not list: it gets limits that refuse nothing. */
export function catalogueOverrides(config: Pick<Config, 'models' | 'regions'>): readonly ModelOverride[] {
  const configured = config.models.map(toOverride);
  const known = modelCatalogue(configured);
  const deployed = config.regions.flatMap((region) => region.deployments.map((one) => one.model));
  const unlisted = [...new Set(deployed)].filter((name) => known.find(name) === undefined);
  return [...configured, ...unlisted.map((name) => ({ name }))];
}

function toOverride(settings: ModelSettings): ModelOverride {
  const { name, operation, encoding, contextTokens, inputTokens, outputTokens, prices } = settings;
  return {
    name,
    operation,
    encoding,
    contextWindow: contextTokens,
    inputWindow: inputTokens,
    maxOutputTokens: outputTokens,
    usdPerMillionInput: prices?.inputUsd,
    usdPerMillionCachedInput: prices?.cachedInputUsd,
    usdPerMillionOutput: prices?.outputUsd,
  };
}

export function bucketLimits(pools: readonly Pool[]): ReadonlyMap<string, BucketLimits> {
  const limits = new Map<string, BucketLimits>();
  for (const { bucketId, settings } of pools.flatMap((pool) => pool.deployments)) {
    const { tokensPerMinute, requestWindowSeconds, share } = settings;
    const derived = Math.max(1, Math.floor((tokensPerMinute * requestsPerThousandTokens) / 1000));
    const requestsPerMinute = settings.requestsPerMinute ?? derived;
    limits.set(bucketId, { tokensPerMinute, requestsPerMinute, requestWindowSeconds, share });
  }
  return limits;
}

function needed(credential: TokenCredential | undefined): TokenCredential {
  if (credential === undefined) {
    throw new AppError('config.no-identity', 'A service is to be reached by identity, but no credential was built.');
  }
  return credential;
}
