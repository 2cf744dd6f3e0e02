import type { TokenCredential } from '@azure/identity';
import { cleanFields } from './clean-fields.ts';
import { localSink } from './otel-file-exporter.ts';
import { quietly, quietlyWithin, warn } from './otel-quietly.ts';
import type { OtelSink } from './otel-sink.ts';
import { contextOf, hrTime, startOtelSpan } from './otel-span.ts';
import type { Telemetry } from './telemetry.ts';

export interface OtelTelemetrySettings {
  /** `APPLICATIONINSIGHTS_CONNECTION_STRING`: everything goes to Application Insights. */
  readonly connectionString?: string | undefined;
  /** Path of a local NDJSON trace file, used when there is no connection string. */
  readonly traceFile?: string | undefined;
  readonly serviceName: string;
  readonly serviceVersion?: string | undefined;
  /** Under the Functions host, which writes the request rows of invocations itself. */
  readonly isHosted?: boolean | undefined;
  /** Microsoft Entra identity for ingestion, when the resource has local authentication off. */
  readonly credential?: TokenCredential | undefined;
}

const flushTimeoutMs = 5000;

/**
 * Telemetry on OpenTelemetry: to Application Insights, else to a file, else nowhere (spans still have their ids, for
 * messages and children). Never rejects: a destination that cannot be set up is one warning on standard error.
 */
export async function otelTelemetry(
  settings: OtelTelemetrySettings,
): Promise<Telemetry & { readonly shutdown: () => Promise<void> }> {
  const sink = await openSink(settings);
  const isHosted = settings.isHosted ?? false;
  return {
    startSpan: (name, options) => startOtelSpan(sink, name, { options, isHosted }),
    record: (eventName, fields, span) => {
      quietly(() =>
        sink.logger.emit({
          eventName,
          timestamp: hrTime(Date.now()),
          attributes: sink.recordAttributes(eventName, cleanFields(fields)),
          context: contextOf(span?.traceparent),
        }),
      );
    },
    flush: async () => quietlyWithin(flushTimeoutMs, sink.flush),
    shutdown: async () => quietlyWithin(flushTimeoutMs, sink.shutdown),
  };
}

async function openSink(settings: OtelTelemetrySettings): Promise<OtelSink> {
  const { connectionString } = settings;
  if (connectionString !== undefined && connectionString !== '') {
    try {
      // Only here: loading it costs a few hundred milliseconds of a cold start.
      const { applicationInsightsSink } = await import('./otel-application-insights.ts');
      return await applicationInsightsSink({ ...settings, connectionString });
    } catch (error) {
      // Not the message of a parser: it may quote the connection string.
      const name = error instanceof Error ? error.name : 'error';
      warn(
        `Application Insights could not be set up (${name}); check APPLICATIONINSIGHTS_CONNECTION_STRING. Going on without.`,
      );
    }
  }
  return localSink(settings);
}
