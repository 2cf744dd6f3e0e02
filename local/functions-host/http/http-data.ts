import type { IncomingMessage } from 'node:http';
import type { CallerTrace } from '../app/app-messages.ts';

/** Headers as the host sends them to a worker: one text a name, repeated ones joined. */
export function headerTexts(request: IncomingMessage): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) {
      texts[name] = typeof value === 'string' ? value : value.join(', ');
    }
  }
  return texts;
}

/** Query parameters as the host sends them: repeated ones joined by a comma. */
export function queryTexts(url: URL): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name of new Set(url.searchParams.keys())) {
    texts[name] = url.searchParams.getAll(name).join(',');
  }
  return texts;
}

export function callerTrace(request: IncomingMessage): CallerTrace {
  const { traceparent, tracestate } = request.headers;
  return {
    traceParent: typeof traceparent === 'string' ? traceparent : undefined,
    traceState: typeof tracestate === 'string' ? tracestate : undefined,
  };
}
