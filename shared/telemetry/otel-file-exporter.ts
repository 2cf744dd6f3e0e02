import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor, type SdkLogRecord } from '@opentelemetry/sdk-logs';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { general } from './names.ts';
import type { OtelSink } from './otel-sink.ts';
import { TraceFile } from './otel-trace-file.ts';

/** A line of the trace file: a span that ended, or a record. Times are epoch milliseconds. */
type TraceLine =
  | {
      readonly type: 'span';
      readonly timeMs: number;
      readonly durationMs: number;
      readonly name: string;
      readonly kind: string;
      readonly traceId: string;
      readonly spanId: string;
      readonly parentSpanId: string | undefined;
      readonly isError: boolean;
      readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
      readonly fields: object;
      readonly service: string;
    }
  | {
      readonly type: 'record';
      readonly timeMs: number;
      readonly name: string;
      readonly traceId: string | undefined;
      readonly spanId: string | undefined;
      readonly fields: object;
      readonly service: string;
    };

const kinds: Readonly<Record<SpanKind, string>> = {
  [SpanKind.INTERNAL]: 'internal',
  [SpanKind.SERVER]: 'server',
  [SpanKind.CLIENT]: 'client',
  [SpanKind.PRODUCER]: 'producer',
  [SpanKind.CONSUMER]: 'consumer',
};

/** Spans and records into a local NDJSON file; nowhere when there is no path. Every trace is kept, sampled or not. */
export function localSink(settings: {
  readonly traceFile?: string | undefined;
  readonly serviceName: string;
  readonly serviceVersion?: string | undefined;
}): OtelSink {
  const { traceFile: file, serviceName, serviceVersion } = settings;
  const output = file === undefined || file === '' ? undefined : new TraceFile(file);
  const processor = output === undefined ? undefined : linesTo(output, serviceName);
  const resource = resourceFromAttributes({
    [general.serviceName]: serviceName,
    ...(serviceVersion === undefined ? {} : { [general.serviceVersion]: serviceVersion }),
  });
  const sampler = new AlwaysOnSampler();
  const spanProcessors = processor === undefined ? [] : [processor];
  const tracers = new BasicTracerProvider({ resource, sampler, spanProcessors });
  const loggers = new LoggerProvider({ resource, processors: spanProcessors });
  return {
    tracer: tracers.getTracer('sluice'),
    logger: loggers.getLogger('sluice'),
    recordAttributes: (_eventName, fields) => fields,
    flush: async () => output?.flush(),
    shutdown: async () => output?.close(),
  };
}

function linesTo(output: TraceFile, service: string): SpanProcessor & LogRecordProcessor {
  const write = (line: TraceLine): void => output.write(JSON.stringify(line));
  return {
    onStart: () => undefined,
    onEnd: (span) => write(spanLine(span, service)),
    onEmit: (record) => write(recordLine(record, service)),
    forceFlush: async () => output.flush(),
    shutdown: async () => output.close(),
  };
}

function spanLine(span: ReadableSpan, service: string): TraceLine {
  const { traceId, spanId } = span.spanContext();
  return {
    type: 'span',
    timeMs: milliseconds(span.startTime),
    durationMs: milliseconds(span.duration),
    name: span.name,
    kind: kinds[span.kind],
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    isError: span.status.code === SpanStatusCode.ERROR,
    links: span.links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId })),
    fields: span.attributes,
    service,
  };
}

function recordLine(record: SdkLogRecord, service: string): TraceLine {
  return {
    type: 'record',
    timeMs: milliseconds(record.hrTime),
    name: record.eventName ?? '',
    traceId: record.spanContext?.traceId,
    spanId: record.spanContext?.spanId,
    fields: record.attributes,
    service,
  };
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + Math.round(nanoseconds / 1000) / 1000;
}
