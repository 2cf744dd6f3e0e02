import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { AppError } from '../shared/errors.ts';
import { general, sluice } from '../shared/telemetry/names.ts';
import type { Span } from '../shared/telemetry/telemetry.ts';
import { type App, compose } from './compose.ts';
import { problemOf } from './problem.ts';

/** Runs one HTTP invocation inside its span; errors of ours become problems. */
export async function serve(
  name: string,
  request: HttpRequest,
  work: (app: App, span: Span) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  let app: App;
  try {
    app = await compose();
  } catch (error) {
    return problemOf(error);
  }
  const parent = request.headers.get('traceparent') ?? undefined;
  const fields = { [general.httpRequestMethod]: request.method };
  const span = app.deps.telemetry.startSpan(name, { kind: 'server', parent, fields });
  try {
    const response = await work(app, span);
    const status = response.status ?? 200;
    span.setFields({ [general.httpResponseStatusCode]: status });
    span.end(status >= 500 ? { errorType: String(status) } : {});
    return response;
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'unexpected';
    span.setFields({ [sluice.errorCode]: code });
    span.end({ errorType: code });
    return problemOf(error);
  }
}
