import {
  type HrTime,
  type Span as ApiSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  ROOT_CONTEXT,
  trace,
  type Context,
} from '@opentelemetry/api';
import { randomBytes } from 'node:crypto';
import { cleanFields } from './clean-fields.ts';
import { general, invocationSpans } from './names.ts';
import type { OtelSink } from './otel-sink.ts';
import { quietly } from './otel-quietly.ts';
import type { Span, SpanOptions } from './telemetry.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const kinds = {
  internal: SpanKind.INTERNAL,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
} as const;

/**
 * Starts a span with exactly the parent that it is given: ambient context is never asked. Under the Functions host the
 * host itself writes the request row of an invocation, so that the worker's span of it is INTERNAL there.
 */
export function startOtelSpan(
  sink: OtelSink,
  name: string,
  { options, isHosted }: { readonly options: SpanOptions; readonly isHosted: boolean },
): Span {
  const span = quietly(() =>
    sink.tracer.startSpan(
      name,
      {
        kind: isHosted && invocationSpans.has(name) ? SpanKind.INTERNAL : kinds[options.kind],
        attributes: cleanFields(options.fields ?? {}),
        links: (options.links ?? []).flatMap((link) => spanContext(link) ?? []).map((context) => ({ context })),
        ...startTime(options.startMs),
      },
      contextOf(options.parent),
    ),
  );
  return span === undefined ? deadSpan(options.parent) : wrap(span);
}

/** The context that joins a child or a record to the span of a `traceparent`. */
export function contextOf(traceparent: string | undefined): Context {
  const parent = spanContext(traceparent);
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

/**
 * Epoch milliseconds as OpenTelemetry's pair of seconds and nanoseconds: it would take a small plain number for an
 * offset from the start of the process.
 */
export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

function startTime(ms: number | undefined): { startTime?: HrTime } {
  return ms === undefined || !Number.isFinite(ms) ? {} : { startTime: hrTime(ms) };
}

function spanContext(traceparent: string | undefined): SpanContext | undefined {
  const parsed = parseTraceparent(traceparent);
  if (parsed === undefined) {
    return undefined;
  }
  const { traceId, spanId, isSampled } = parsed;
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

function wrap(span: ApiSpan): Span {
  const { traceId, spanId } = span.spanContext();
  let isEnded = false;
  return {
    traceparent: formatTraceparent({ traceId, spanId, isSampled: true }),
    setFields: (fields) => {
      if (!isEnded) {
        quietly(() => span.setAttributes(cleanFields(fields)));
      }
    },
    end: ({ atMs, errorType } = {}) => {
      if (isEnded) {
        return;
      }
      isEnded = true;
      quietly(() => {
        if (errorType !== undefined) {
          span.setAttributes(cleanFields({ [general.errorType]: errorType }));
          span.setStatus({ code: SpanStatusCode.ERROR, message: errorType });
        }
        span.end(atMs === undefined || !Number.isFinite(atMs) ? undefined : hrTime(atMs));
      });
    },
  };
}

/** Stands in for a span that could not be started, so that children and messages still carry a valid trace. */
function deadSpan(parent: string | undefined): Span {
  const traceId = parseTraceparent(parent)?.traceId ?? randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return {
    traceparent: formatTraceparent({ traceId, spanId, isSampled: true }),
    setFields: () => undefined,
    end: () => undefined,
  };
}
