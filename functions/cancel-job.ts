import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { isJobId } from '../shared/jobs/job-id.ts';
import { jobView } from '../shared/jobs/job-view.ts';
import { cancelOne } from '../shared/pipeline/cancel-jobs.ts';
import { spanNames } from '../shared/telemetry/names.ts';
import type { App } from './compose.ts';
import { serve } from './invocation.ts';
import { json, problem } from './problem.ts';

app.http('cancel-job', {
  methods: ['DELETE'],
  authLevel: 'function',
  route: 'jobs/{id}',
  handler: async (request) => serve(spanNames.cancel, request, async (sluice) => cancel(sluice, request)),
});

async function cancel(sluice: App, request: HttpRequest): Promise<HttpResponseInit> {
  const id = request.params['id'];
  const outcome = isJobId(id) ? await cancelOne(sluice.deps, id) : { kind: 'unknown' as const };
  switch (outcome.kind) {
    case 'cancelled':
      return json(200, jobView(outcome.document, {}));
    case 'ended': {
      const detail = `The job is ${outcome.document.state}; nothing was changed.`;
      return problem(409, { code: 'jobs.ended', title: 'The job has ended', detail });
    }
    case 'unknown':
      return problem(404, { code: 'jobs.unknown', title: 'No job has this id' });
  }
}
