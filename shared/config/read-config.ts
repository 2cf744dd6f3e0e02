import type { z } from 'zod';
import { AppError } from '../errors.ts';
import { checkPools } from './check-pools.ts';
import type { PoolSettings, RegionSettings } from './region-settings.ts';
import { type ModelSettings, settingSchema, type SettingValues } from './setting-schema.ts';

export interface Config {
  readonly regions: readonly RegionSettings[];
  readonly pools: readonly PoolSettings[] | undefined;
  readonly models: readonly ModelSettings[];
  /** A connection string (local stack), or the namespace to reach by identity. */
  readonly serviceBus: { readonly connectionString: string } | { readonly namespace: string };
  readonly cosmos: { readonly endpoint: string; readonly key: string | undefined; readonly database: string };
  /** Where large requests and results go: a connection string (local stack), or a blob service reached by identity. */
  readonly payloads: { readonly container: string } & (
    | { readonly connectionString: string }
    | { readonly url: string }
  );
  readonly azureOpenAiScope: string;
  /** The most lanes, and those that there are at least while there is work. */
  readonly lanes: number;
  readonly leastLanes: number;
  readonly pump: PumpSettings;
  readonly callTimeoutMs: number;
  /** As long as the whole call when undefined. */
  readonly streamFirstMs: number | undefined;
  readonly streamIdleMs: number;
  readonly parkMs: number;
  /** How often, and how long, calls of a job may fail before it is dead-lettered. */
  readonly retries: { readonly mostFailures: number; readonly longestMs: number; readonly mostThrottled: number };
  readonly resultTtlSeconds: number | undefined;
  readonly telemetry: {
    readonly connectionString: string | undefined;
    readonly traceFile: string | undefined;
    readonly isHosted: boolean;
  };
}

export interface PumpSettings {
  /** How long one invocation goes on pulling. */
  readonly pullWindowMs: number;
  /** A pool is pulled only while a bucket of it is reserved no further ahead than this. */
  readonly pullAheadMs: number;
  /** How long a pump waits on empty queues before it ends. */
  readonly idleMs: number;
  /** Most jobs that one pump holds at once. */
  readonly maxJobsInHand: number;
}

/**
 * Reads the environment, once. All problems are reported together, by setting name and path, never by value
 * (a value may be a secret). An empty setting counts as absent, as the portal leaves it.
 *
 * @throws AppError `config.invalid`
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settingSchema.safeParse(present);
  const issues = parsed.error?.issues.map((issue) => describeIssue(issue, present)) ?? [];
  const problems = [...issues, ...crossCheck(present)];
  if (!parsed.success || problems.length > 0) {
    throw new AppError(
      'config.invalid',
      `The settings cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}\nThe README's settings table says what each one takes.`,
    );
  }
  return toConfig(parsed.data);
}

type Present = Readonly<Record<string, string | undefined>>;

function describeIssue(issue: z.core.$ZodIssue, present: Present): string {
  const [setting, ...path] = issue.path;
  const where = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const isMissing = present[String(setting)] === undefined;
  return `${String(setting)}${where}: ${isMissing ? 'is required' : issue.message}`;
}

/** What single settings cannot tell; of those that can be read, so that all problems are told at once. */
function crossCheck(present: Present): readonly string[] {
  const problems: string[] = [];
  if (present['ServiceBus'] === undefined && present['ServiceBus__fullyQualifiedNamespace'] === undefined) {
    problems.push('ServiceBus__fullyQualifiedNamespace: is required (or ServiceBus, a connection string, locally)');
  }
  if (payloadSettings.every((name) => present[name] === undefined)) {
    problems.push('PAYLOADS_BLOB_SERVICE_URI: is required (or AzureWebJobsStorage, a connection string, locally)');
  }
  const places = placeSchema.safeParse(present);
  return places.success ? [...problems, ...checkPools(places.data.REGIONS, places.data.POOLS)] : problems;
}

const placeSchema = settingSchema.pick({ REGIONS: true, POOLS: true });
const payloadSettings = [
  'PAYLOADS_BLOB_SERVICE_URI',
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage',
] as const;

function payloadTarget(values: SettingValues): { connectionString: string } | { url: string } | undefined {
  const url = values.PAYLOADS_BLOB_SERVICE_URI ?? values.AzureWebJobsStorage__blobServiceUri;
  if (url !== undefined) {
    return { url };
  }
  return values.AzureWebJobsStorage === undefined ? undefined : { connectionString: values.AzureWebJobsStorage };
}

function toConfig(values: SettingValues): Config {
  const target = payloadTarget(values) ?? { url: '' };
  return {
    regions: values.REGIONS,
    pools: values.POOLS,
    models: values.MODELS ?? [],
    serviceBus:
      values.ServiceBus === undefined
        ? { namespace: values.ServiceBus__fullyQualifiedNamespace ?? '' }
        : { connectionString: values.ServiceBus },
    cosmos: { endpoint: values.COSMOS_ENDPOINT, key: values.COSMOS_KEY, database: values.COSMOS_DATABASE },
    payloads: { container: values.PAYLOADS_CONTAINER, ...target },
    azureOpenAiScope: values.AZURE_OPENAI_SCOPE,
    lanes: values.LANES,
    leastLanes: Math.min(values.LEAST_LANES, values.LANES),
    pump: {
      pullWindowMs: values.PULL_WINDOW_SECONDS * 1000,
      pullAheadMs: values.PULL_AHEAD_SECONDS * 1000,
      idleMs: values.IDLE_SECONDS * 1000,
      maxJobsInHand: values.MAX_JOBS_IN_HAND,
    },
    callTimeoutMs: values.CALL_TIMEOUT_SECONDS * 1000,
    streamFirstMs: values.STREAM_FIRST_SECONDS === undefined ? undefined : values.STREAM_FIRST_SECONDS * 1000,
    streamIdleMs: values.STREAM_IDLE_SECONDS * 1000,
    parkMs: values.PARK_SECONDS * 1000,
    retries: {
      mostFailures: values.MAX_FAILED_CALLS,
      longestMs: values.MAX_RETRY_HOURS * 3_600_000,
      mostThrottled: 3,
    },
    resultTtlSeconds: values.RESULT_TTL_DAYS === undefined ? undefined : values.RESULT_TTL_DAYS * 86_400,
    telemetry: {
      connectionString: values.APPLICATIONINSIGHTS_CONNECTION_STRING,
      traceFile: values.TRACE_FILE,
      isHosted: values.WEBSITE_SITE_NAME !== undefined,
    },
  };
}
