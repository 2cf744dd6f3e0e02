import { z } from 'zod';
import { parseTimeSpanMs } from '../timers/parse-time-span.ts';

/**
 * What `host.json` may hold. Objects keep only what they know, so that the rest can be told; numbers and booleans may be
 * text, as the host's configuration takes them.
 */
const minuteMs = 60_000;

const timeSpanMs = z.string().transform(readTimeSpanMs);

function readTimeSpanMs(text: string, context: z.RefinementCtx): number {
  const milliseconds = parseTimeSpanMs(text);
  if (milliseconds === undefined) {
    context.addIssue({ code: 'custom', message: `"${text}" is not a time span like "00:05:00"` });
    return z.NEVER;
  }
  return milliseconds;
}

function whole(least: number) {
  return z
    .union(
      [
        z.int(),
        z
          .string()
          .regex(/^-?\d+$/u)
          .transform(Number),
      ],
      { error: 'a whole number' },
    )
    .refine((value) => value >= least, { error: `at least ${least}` });
}

/** -1, or from 1 on. */
const bound = whole(-1)
  .refine((value) => value !== 0, { error: '-1 for no bound, or at least 1' })
  .default(-1);

const flag = z.union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })], {
  error: 'true or false',
});

/** Taken when it changes nothing. */
function only(value: string | number | boolean, error: string) {
  return z
    .unknown()
    .refine((given) => String(given).toLowerCase() === String(value).toLowerCase(), { error })
    .optional();
}

/** Passed over: it is of telemetry, of deployment, or of triggers that are refused by name anyway. */
const passedOver = z.unknown().optional();

/** 30 minutes when absent: the default of every plan but Consumption. One second is the least that the host takes. */
const functionTimeout = z
  .string()
  .transform((text, context) => (text === '-1' ? ('unbounded' as const) : readTimeSpanMs(text, context)))
  .refine((timeout) => timeout === 'unbounded' || timeout >= 1000, {
    error: 'at least "00:00:01", or "-1" for no bound',
  })
  .default(30 * minuteMs);

/** `ServiceBusOptions` of the extension, version 5. */
const serviceBus = z.object({
  maxConcurrentCalls: whole(1).default(16),
  autoCompleteMessages: flag.default(true),
  maxAutoLockRenewalDuration: timeSpanMs.default(5 * minuteMs),
  maxMessageBatchSize: whole(1).default(1000),
  maxConcurrentSessions: whole(1).default(8),
  sessionIdleTimeout: timeSpanMs.default(minuteMs),
  prefetchCount: only(0, 'prefetch is not carried: 0 is the only value'),
  minMessageBatchSize: only(1, 'a least batch size is not carried: 1 is the only value'),
  maxBatchWaitTime: passedOver,
  transportType: only('amqpTcp', 'only amqpTcp is carried'),
  webProxy: z.undefined({ error: 'a proxy is not carried' }).optional(),
  enableCrossEntityTransactions: only(false, 'transactions are not carried'),
  clientRetryOptions: z.undefined({ error: 'retry options of the client are not carried' }).optional(),
});

/** `HttpOptions` of the HTTP extension. */
const http = z.object({
  routePrefix: z.string().default('api'),
  customHeaders: z.record(z.string(), z.string()).default({}),
  maxConcurrentRequests: bound,
  maxOutstandingRequests: bound,
  dynamicThrottlesEnabled: only(false, 'dynamic throttles are not carried'),
  hsts: z.object({ isEnabled: only(false, 'HSTS is not carried: the host speaks plain HTTP') }).optional(),
});

const others = {
  blobs: passedOver,
  cosmosDB: passedOver,
  durableTask: passedOver,
  eventGrid: passedOver,
  eventHubs: passedOver,
  kafka: passedOver,
  queues: passedOver,
  sendGrid: passedOver,
  signalR: passedOver,
  tables: passedOver,
  warmup: passedOver,
};

export const hostSchema = z.object({
  version: z.literal('2.0', { error: 'must be "2.0", the version of this file\'s form' }),
  functionTimeout,
  functions: z.array(z.string()).optional(),
  extensions: z.object({ http: http.prefault({}), serviceBus: serviceBus.prefault({}), ...others }).prefault({}),
  concurrency: z
    .object({
      dynamicConcurrencyEnabled: only(false, 'dynamic concurrency is not carried'),
      snapshotPersistenceEnabled: passedOver,
    })
    .optional(),
  retry: z.undefined({ error: 'retry policies are not carried' }).optional(),
  customHandler: z.undefined({ error: 'custom handlers are not carried: an app is of Node.js' }).optional(),
  $schema: passedOver,
  aggregator: passedOver,
  applicationInsights: passedOver,
  extensionBundle: passedOver,
  healthMonitor: passedOver,
  logging: passedOver,
  managedDependency: passedOver,
  sendCanceledInvocationsToWorker: passedOver,
  singleton: passedOver,
  telemetryMode: passedOver,
  watchDirectories: passedOver,
  watchFiles: passedOver,
});

const names = [hostSchema, serviceBus, http].flatMap(({ shape }) => Object.keys(shape)).concat('http', 'serviceBus');

/** Names as they are written here, by their lower case: the configuration of the host ignores case. */
export const hostNames: ReadonlyMap<string, string> = new Map(names.map((name) => [name.toLowerCase(), name]));
