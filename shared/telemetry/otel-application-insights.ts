import type { TokenCredential } from '@azure/identity';
import { SpanKind, trace } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { setImmediate as macrotask } from 'node:timers/promises';
import { azureMonitor, customEventAttributes, spanExtras } from './application-insights-fields.ts';
import type { CleanFields } from './clean-fields.ts';
import { general } from './names.ts';
import type { OtelSink } from './otel-sink.ts';

/** Read by the SDK from the environment alone; what the operator has set stays. */
const environment = {
  // Microsoft's own usage statistics: outbound calls that nobody here reads.
  APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true',
  // One more row with the resource's attributes for each batch.
  APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED: 'true',
  // The default of 2,048 spans is dropped from, in silence, when ingestion is slow for a few seconds.
  OTEL_BSP_MAX_QUEUE_SIZE: '8192',
} as const;

/**
 * Application Insights through `applicationinsights` 3.16.0, which installs itself for the whole process: call it once.
 * Its defaults sample to five traces a second, count CONSUMER spans as dependencies, patch HTTP and collect exceptions
 * with their messages (T1), and lose what they store on disk for a retry: all of that is off.
 */
export async function applicationInsightsSink(settings: {
  readonly connectionString: string;
  readonly serviceName: string;
  readonly serviceVersion?: string | undefined;
  readonly credential?: TokenCredential | undefined;
}): Promise<OtelSink> {
  for (const [name, value] of Object.entries(environment)) {
    process.env[name] ??= value;
  }
  const { useAzureMonitor, shutdownAzureMonitor } = await import('applicationinsights');
  const sending = new Set<Promise<unknown>>();
  const operations = operationNames();
  const { connectionString, credential, serviceName, serviceVersion } = settings;
  useAzureMonitor({
    tracesPerSecond: 0,
    samplingRatio: 1,
    enableStandardMetrics: false,
    enableLiveMetrics: false,
    enablePerformanceCounters: false,
    enableAutoCollectPerformance: false,
    enableAutoCollectExceptions: false,
    enableTraceBasedSamplingForLogs: false,
    // Their spans would have no parent: every wait on a queue would be a trace of its own.
    instrumentationOptions: {
      http: { enabled: false },
      azureSdk: { enabled: false },
      mongoDb: { enabled: false },
      mySql: { enabled: false },
      postgreSql: { enabled: false },
      redis: { enabled: false },
      redis4: { enabled: false },
    },
    resource: resourceFromAttributes({
      [general.serviceName]: serviceName,
      ...(serviceVersion === undefined ? {} : { [general.serviceVersion]: serviceVersion }),
    }),
    spanProcessors: [operations.spans],
    logRecordProcessors: [operations.records],
    azureMonitorExporterOptions: {
      connectionString,
      disableOfflineStorage: true,
      ...(credential === undefined ? {} : { credential }),
      additionalPolicies: [{ position: 'perCall', policy: tracking(sending) }],
    },
  });
  return {
    tracer: trace.getTracer('sluice'),
    logger: logs.getLogger('sluice'),
    recordAttributes: customEventAttributes,
    flush: async () => flush(sending),
    shutdown: async () => {
      await flush(sending);
      await shutdownAzureMonitor();
    },
  };
}

/**
 * A provider's `forceFlush` sends what is buffered, but does not wait for a batch that its timer is sending already,
 * and `flushAzureMonitor` skips the rest after the first failure: flush both, then wait for every request under way.
 */
async function flush(sending: ReadonlySet<Promise<unknown>>): Promise<void> {
  await Promise.allSettled([forceFlush(delegateOf(trace.getTracerProvider())), forceFlush(logs.getLoggerProvider())]);
  // A batch that was taken just before may be on its way to its first request.
  await macrotask();
  while (sending.size > 0) {
    await Promise.allSettled(sending);
    await macrotask();
  }
}

function delegateOf(provider: object): unknown {
  return 'getDelegate' in provider && typeof provider.getDelegate === 'function'
    ? Reflect.apply(provider.getDelegate, provider, [])
    : provider;
}

async function forceFlush(provider: unknown): Promise<void> {
  if (
    typeof provider === 'object' &&
    provider !== null &&
    'forceFlush' in provider &&
    typeof provider.forceFlush === 'function'
  ) {
    await Reflect.apply(provider.forceFlush, provider, []);
  }
}

/** A pipeline policy around a whole request, its retries and its token included. */
function tracking(sending: Set<Promise<unknown>>) {
  return {
    name: 'sluiceSending',
    sendRequest: async <Request, Response>(request: Request, next: (request: Request) => Promise<Response>) => {
      const response = next(request);
      sending.add(response);
      try {
        return await response;
      } finally {
        sending.delete(response);
      }
    },
  };
}

const mostOpenSpans = 10_000;
const mostEndedSpans = 1000;

/**
 * Gives every span and record the name of the request that it belongs to: a CONSUMER span's row has no name without it,
 * and the portal groups dependencies and events by it. A span takes the name of its parent when that is known in this
 * process, else its own; a record may come a little after its span. The spans' other needs are added as they end.
 */
function operationNames(): { readonly spans: SpanProcessor; readonly records: LogRecordProcessor } {
  const open = new Map<string, string>();
  const ended = new Map<string, string>();
  const nameOf = (spanId = ''): string | undefined => open.get(spanId) ?? ended.get(spanId);
  const nothing = async (): Promise<void> => undefined;
  return {
    spans: {
      onStart: (span) => {
        const isRequest = span.kind === SpanKind.CONSUMER || span.kind === SpanKind.SERVER;
        const inherited = isRequest ? undefined : nameOf(span.parentSpanContext?.spanId);
        const name = inherited ?? span.name;
        span.setAttribute(azureMonitor.operationName, name);
        if (open.size < mostOpenSpans) {
          open.set(span.spanContext().spanId, name);
        }
      },
      onEnding: (span) => span.setAttributes(spanExtras(scalars(span.attributes))),
      onEnd: (span) => {
        const { spanId } = span.spanContext();
        ended.set(spanId, open.get(spanId) ?? span.name);
        open.delete(spanId);
        for (const oldest of ended.keys()) {
          if (ended.size <= mostEndedSpans) {
            break;
          }
          ended.delete(oldest);
        }
      },
      forceFlush: nothing,
      shutdown: nothing,
    },
    records: {
      onEmit: (record) => {
        const name = nameOf(record.spanContext?.spanId);
        if (name !== undefined) {
          record.setAttribute(azureMonitor.operationName, name);
        }
      },
      forceFlush: nothing,
      shutdown: nothing,
    },
  };
}

function scalars(attributes: object): CleanFields {
  const kept: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      kept[key] = value;
    }
  }
  return kept;
}
