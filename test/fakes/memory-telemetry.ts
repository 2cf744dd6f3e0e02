import { cleanFields, type CleanFields } from '../../shared/telemetry/clean-fields.ts';
import type { Span, SpanOptions, Telemetry } from '../../shared/telemetry/telemetry.ts';
import { formatTraceparent, parseTraceparent } from '../../shared/telemetry/traceparent.ts';

interface MemorySpan {
  readonly name: string;
  readonly kind: SpanOptions['kind'];
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Span ids of the links whose `traceparent` was well-formed. */
  readonly links: readonly string[];
  readonly startMs: number;
  readonly endMs: number | undefined;
  readonly errorType: string | undefined;
  readonly fields: CleanFields;
}

interface MemoryRecord {
  readonly eventName: string;
  readonly fields: CleanFields;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

export interface MemoryTelemetry extends Telemetry {
  /** Every span in the order of its start, open ones too (`endMs` undefined). */
  readonly spans: readonly MemorySpan[];
  readonly records: readonly MemoryRecord[];
  /** Spans and records that come after it are not kept. */
  readonly shutdown: () => Promise<void>;
}

/** Keeps everything in memory. Ids count up from 1; `now` (epoch milliseconds) stamps spans without times of their own. */
export function memoryTelemetry(now: () => number = Date.now): MemoryTelemetry {
  const spans: MemorySpan[] = [];
  const records: MemoryRecord[] = [];
  let ids = 0;
  let isOpen = true;
  return {
    spans,
    records,
    startSpan: (name, options) => {
      ids += 1;
      const parent = parseTraceparent(options.parent);
      const first: MemorySpan = {
        name,
        kind: options.kind,
        traceId: parent?.traceId ?? hex(ids, 32),
        spanId: hex(ids, 16),
        parentSpanId: parent?.spanId,
        links: (options.links ?? []).flatMap((link) => parseTraceparent(link)?.spanId ?? []),
        startMs: options.startMs ?? now(),
        endMs: undefined,
        errorType: undefined,
        fields: cleanFields(options.fields ?? {}),
      };
      const index = isOpen ? spans.push(first) - 1 : undefined;
      return memorySpan(first, now, (span) => {
        if (index !== undefined && isOpen) {
          spans[index] = span;
        }
      });
    },
    record: (eventName, fields, span) => {
      if (isOpen) {
        const { traceId, spanId } = parseTraceparent(span?.traceparent) ?? {};
        records.push({ eventName, fields: cleanFields(fields), traceId, spanId });
      }
    },
    flush: async () => undefined,
    shutdown: async () => {
      isOpen = false;
    },
  };
}

function memorySpan(first: MemorySpan, now: () => number, keep: (span: MemorySpan) => void): Span {
  let span = first;
  const { traceId, spanId } = first;
  return {
    traceparent: formatTraceparent({ traceId, spanId, isSampled: true }),
    setFields: (fields) => {
      if (span.endMs === undefined) {
        span = { ...span, fields: { ...span.fields, ...cleanFields(fields) } };
        keep(span);
      }
    },
    end: ({ atMs, errorType } = {}) => {
      if (span.endMs === undefined) {
        span = { ...span, endMs: atMs ?? now(), errorType };
        keep(span);
      }
    },
  };
}

function hex(id: number, digits: number): string {
  return id.toString(16).padStart(digits, '0');
}
