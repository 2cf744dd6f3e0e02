/** W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/u;
const noTrace = '0'.repeat(32);
const noSpan = '0'.repeat(16);
const longest = 512;

/** What a `traceparent` says, or undefined when it is malformed. Versions after 00 may carry more fields. */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  if (text === undefined || text.length > longest) {
    return undefined;
  }
  const [, version, traceId, spanId, flags, rest] = shape.exec(text) ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) {
    return undefined;
  }
  const isForbidden = version === 'ff' || (version === '00' && rest !== undefined);
  if (isForbidden || traceId === noTrace || spanId === noSpan) {
    return undefined;
  }
  return { traceId, spanId, isSampled: Number.parseInt(flags, 16) % 2 === 1 };
}

export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}
