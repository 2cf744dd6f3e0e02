/**
 * What the app tells about itself (port). Spans have explicit parents, so that nothing depends on ambient context.
 *
 * T1: nothing here throws, rejects or blocks an outcome. Callers pass no prompt, completion, key or user text.
 */
export interface Telemetry {
  readonly startSpan: (name: string, options: SpanOptions) => Span;
  /** A structured record: an event name and fields; joined to `span`'s trace when given. */
  readonly record: (eventName: string, fields: Fields, span?: Span) => void;
  /** Sends what is buffered; resolves when sent, or after a few seconds at the most. Never rejects. */
  readonly flush: () => Promise<void>;
}

export interface Span {
  /** W3C `traceparent` of this span: hand it to children, messages and links. */
  readonly traceparent: string;
  readonly setFields: (fields: Fields) => void;
  /** Ends the span now, or at `atMs`. `errorType` marks it failed (a closed word such as `throttled`, never user text). */
  readonly end: (options?: { readonly atMs?: number; readonly errorType?: string }) => void;
}

export interface SpanOptions {
  readonly kind: 'internal' | 'consumer' | 'producer' | 'client' | 'server';
  /** W3C `traceparent` of the parent; a malformed one is ignored and a new trace begins. */
  readonly parent?: string | undefined;
  /** W3C `traceparent`s of linked spans. */
  readonly links?: readonly string[];
  /** Epoch milliseconds; now when absent. */
  readonly startMs?: number;
  readonly fields?: Fields;
}

export type Fields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
