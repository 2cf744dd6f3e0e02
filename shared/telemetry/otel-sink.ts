import type { Tracer } from '@opentelemetry/api';
import type { Logger } from '@opentelemetry/api-logs';
import type { CleanFields } from './clean-fields.ts';

/** Where OpenTelemetry's spans and records go. Its own faults may throw and reject: `otelTelemetry` catches them. */
export interface OtelSink {
  readonly tracer: Tracer;
  readonly logger: Logger;
  /** The log record's attributes for an event, as this destination wants them. */
  readonly recordAttributes: (eventName: string, fields: CleanFields) => CleanFields;
  /** Resolves when everything that ended before the call has been sent or written. */
  readonly flush: () => Promise<void>;
  readonly shutdown: () => Promise<void>;
}
