import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { isJobId } from '../shared/jobs/job-id.ts';
import { jobStates, type JobState } from '../shared/jobs/job-document.ts';
import { jobView } from '../shared/jobs/job-view.ts';
import { withField } from '../shared/json/with-field.ts';
import { expectedStartOf } from '../shared/pipeline/expected-start.ts';
import { resultOf } from '../shared/pipeline/read-jobs.ts';
import { spanNames } from '../shared/telemetry/names.ts';
import type { App } from './compose.ts';
import { serve } from './invocation.ts';
import { json, jsonText, problem } from './problem.ts';

const defaultPage = 50;
const largestPage = 200;

app.http('read-job', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'jobs/{id}',
  handler: async (request) => serve(spanNames.read, request, async (sluice) => readJob(sluice, request)),
});

app.http('list-jobs', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'jobs',
  handler: async (request) => serve(spanNames.read, request, async (sluice) => listJobs(sluice, request)),
});

async function readJob(sluice: App, request: HttpRequest): Promise<HttpResponseInit> {
  const id = request.params['id'] ?? '';
  const stored = isJobId(id) ? await sluice.deps.jobs.read(id) : undefined;
  if (stored === undefined || stored.document.erasedAt !== undefined) {
    const detail = 'A job that was put straight onto a queue is known once a pump has taken it.';
    return problem(404, { code: 'jobs.unknown', title: 'No job has this id', detail });
  }
  const { document } = stored;
  const [result, expectedStartAt] = await Promise.all([
    resultOf(sluice.deps, document),
    expectedStartOf(sluice.deps, document),
  ]);
  const view = jobView(document, { expectedStartAt });
  return result === undefined ? json(200, view) : jsonText(200, withField(view, 'result', result));
}

async function listJobs(sluice: App, request: HttpRequest): Promise<HttpResponseInit> {
  const batchId = request.query.get('batchId') ?? undefined;
  const status = request.query.get('status') ?? undefined;
  const after = request.query.get('after') ?? undefined;
  const limit = Number(request.query.get('limit') ?? defaultPage);
  const states = status?.split(',').map((one) => jobStates.find((state) => state === one));
  const problems = [
    ...(batchId === undefined || isJobId(batchId) ? [] : [{ path: 'batchId', message: 'is no batch id' }]),
    ...(after === undefined || isJobId(after) ? [] : [{ path: 'after', message: 'is not the "next" of a page' }]),
    ...(states?.includes(undefined) === true
      ? [{ path: 'status', message: `must be of ${jobStates.join(', ')}` }]
      : []),
    ...(Number.isInteger(limit) && limit >= 1 && limit <= largestPage
      ? []
      : [{ path: 'limit', message: `must be a whole number from 1 to ${largestPage}` }]),
  ];
  if (problems.length > 0) {
    return problem(400, { code: 'jobs.bad-query', title: 'The query cannot be used', problems });
  }
  const wanted = states?.filter((state): state is JobState => state !== undefined);
  const page = await sluice.deps.jobs.list({ batchId, states: wanted }, { size: limit, after });
  return json(200, { jobs: page.documents.map((document) => jobView(document, {})), next: page.next ?? null });
}
