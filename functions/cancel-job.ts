import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { isJobId } from '../shared/jobs/job-id.ts';
import { jobView } from '../shared/jobs/job-view.ts';
import { hasEnded } from '../shared/jobs/job-document.ts';
import { cancelOne } from '../shared/pipeline/cancel-jobs.ts';
import { eraseJobs } from '../shared/dead-letters/erase-jobs.ts';
import { spanNames } from '../shared/telemetry/names.ts';
import type { Span } from '../shared/telemetry/telemetry.ts';
import type { App } from './compose.ts';
import { serve } from './invocation.ts';
import { json, problem } from './problem.ts';

app.http('cancel-job', {
  methods: ['DELETE'],
  authLevel: 'function',
  route: 'jobs/{id}',
  handler: async (request) => {
    const erasing = request.query.get('erase');
    return erasing === null || erasing === 'false'
      ? serve(spanNames.cancel, request, async (sluice) => cancel(sluice, request))
      : serve(spanNames.erase, request, async (sluice, span) => erase(sluice, request, span));
  },
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
      return unknownJob();
  }
}

/** An ended job, its payloads and its dead-lettered message go for good. */
async function erase(sluice: App, request: HttpRequest, span: Span): Promise<HttpResponseInit> {
  const id = request.params['id'];
  if (request.query.get('erase') !== 'true') {
    const problems = [{ path: 'erase', message: 'must be "true" or "false"' }];
    return problem(400, { code: 'jobs.bad-query', title: 'The query cannot be used', problems });
  }
  const ids = isJobId(id) ? [id] : [];
  const [outcome] = await eraseJobs(sluice.deps, { ids, isErasable: hasEnded, span });
  switch (outcome?.kind) {
    case 'erased':
      return { status: 204 };
    case 'not-erasable': {
      const detail = `The job is ${outcome.state}: cancel it first, then erase it. Nothing was changed.`;
      return problem(409, { code: 'jobs.not-ended', title: 'The job has not ended', detail });
    }
    case 'unknown':
    case undefined:
      return unknownJob();
  }
}

function unknownJob(): HttpResponseInit {
  return problem(404, { code: 'jobs.unknown', title: 'No job has this id' });
}
