import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { AppError } from '../shared/errors.ts';
import { parseJobEnvelope } from '../shared/jobs/job-envelope.ts';
import { fittingView } from '../shared/jobs/fitting-view.ts';
import { isJobId } from '../shared/jobs/job-id.ts';
import type { JsonObject } from '../shared/json.ts';
import { type Submission, submitJobs, type SubmitOutcome } from '../shared/pipeline/submit-jobs.ts';
import { spanNames } from '../shared/telemetry/names.ts';
import { BodyError } from './body-error.ts';
import type { App } from './compose.ts';
import { serve } from './invocation.ts';
import { json, problem, problemOf } from './problem.ts';
import { type RawBody, readSubmissions } from './read-submissions.ts';

/** Jobs that are counted, sent and stored together: so many, or those of so many characters. */
const chunkSize = 50;
const chunkLength = 2 * 1024 * 1024;

app.http('submit-jobs', {
  methods: ['POST'],
  authLevel: 'function',
  route: 'jobs',
  handler: async (request) =>
    serve(spanNames.submit, request, async (sluice, span) => submit(sluice, request, span.traceparent)),
});

/** What the call answers for one of its jobs. */
type Answer = JsonObject & { readonly status: string };

async function submit(sluice: App, request: HttpRequest, traceparent: string): Promise<HttpResponseInit> {
  const batchId = request.query.get('batchId') ?? undefined;
  if (batchId !== undefined && !isJobId(batchId)) {
    const problems = [{ path: 'batchId', message: 'must be 1 to 128 letters, digits, ".", "_", ":" or "-"' }];
    return problem(400, { code: 'submit.invalid', title: 'The batch id cannot be used', problems });
  }
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    const detail = `The body is sent as ${encoding.slice(0, 40)}; send it uncompressed.`;
    return problem(415, { code: 'submit.encoding', title: 'The body cannot be read', detail });
  }
  const answers: Answer[] = [];
  let form: RawBody['form'] = 'list';
  try {
    let chunk: RawBody[] = [];
    let length = 0;
    for await (const raw of readSubmissions(bodyOf(request), {
      contentType: request.headers.get('content-type') ?? '',
      yieldToEventLoop: sluice.deps.yieldToEventLoop,
    })) {
      form = raw.form;
      chunk.push(raw);
      length += raw.length;
      if (chunk.length === chunkSize || length >= chunkLength) {
        answers.push(...(await submitChunk(sluice, { request, batchId, traceparent, from: answers.length, chunk })));
        chunk = [];
        length = 0;
      }
    }
    answers.push(...(await submitChunk(sluice, { request, batchId, traceparent, from: answers.length, chunk })));
  } catch (error) {
    return stopped(error, answers);
  }
  return form === 'single' ? answerOne(answers[0]) : answerList(answers);
}

function bodyOf(request: HttpRequest): AsyncIterable<Uint8Array> {
  return request.body ?? emptyBody();
}

async function* emptyBody(): AsyncGenerator<Uint8Array, void> {}

interface Chunk {
  readonly request: HttpRequest;
  readonly batchId: string | undefined;
  readonly traceparent: string;
  /** Place of the chunk's first job in the call. */
  readonly from: number;
  readonly chunk: readonly RawBody[];
}

async function submitChunk(sluice: App, input: Chunk): Promise<readonly Answer[]> {
  const parsed = input.chunk.map(({ job }, offset) => read(sluice, input, job, input.from + offset));
  const valid = parsed.filter((one) => one.kind === 'valid');
  const outcomes = await submitJobs(
    sluice.deps,
    valid.map((one) => one.submission),
    input.traceparent,
  );
  const byIndex = new Map(valid.map((one, place) => [one.index, outcomes[place]]));
  return parsed.map((one) => {
    const outcome = byIndex.get(one.index);
    return one.kind === 'valid' && outcome !== undefined
      ? answerOf(sluice, input.request, one.index, outcome)
      : { index: one.index, status: 'invalid', problems: one.kind === 'invalid' ? one.problems : [] };
  });
}

type Read =
  | { readonly kind: 'valid'; readonly index: number; readonly submission: Submission }
  | { readonly kind: 'invalid'; readonly index: number; readonly problems: readonly JsonObject[] };

function read(sluice: App, input: Chunk, job: RawBody['job'], index: number): Read {
  const parsed = job.kind === 'read' ? parseJobEnvelope(job.value) : job;
  if (parsed.kind === 'invalid') {
    return { kind: 'invalid', index, problems: parsed.problems.map(({ path, message }) => ({ path, message })) };
  }
  const submission = {
    envelope: parsed.envelope,
    fallbackId: fallbackId(sluice, input.request, index),
    batchId: input.batchId,
  };
  return { kind: 'valid', index, submission };
}

/** The same `Idempotency-Key` gives the same ids: a call that was repeated submits nothing twice. */
function fallbackId(sluice: App, request: HttpRequest, index: number): string {
  const key = request.headers.get('idempotency-key');
  return key === null || key === '' ? sluice.deps.newId() : `${sluice.deps.sha256(key).slice(0, 32)}-${index}`;
}

function answerOf(sluice: App, request: HttpRequest, index: number, outcome: SubmitOutcome): Answer {
  switch (outcome.kind) {
    case 'accepted': {
      const { document, figures, id, expectedStartAt } = outcome;
      const statusUrl = new URL(request.url);
      statusUrl.search = '';
      statusUrl.pathname = `${statusUrl.pathname.replace(/\/$/u, '')}/${encodeURIComponent(id)}`;
      const { promptTokens, worstCaseTokens, fitting } = figures;
      const start =
        expectedStartAt === undefined
          ? {}
          : { expectedStartAt, expectedWaitMs: Math.max(0, expectedStartAt - sluice.deps.clock.now()) };
      const estimate = { promptTokens, worstCaseTokens, ...start };
      const fitted = fitting === undefined ? {} : { fitting: fittingView(fitting) };
      return { index, id, status: document.state, statusUrl: statusUrl.href, estimate, ...fitted };
    }
    case 'refused': {
      const { reason, description, figures } = outcome.deadLetter;
      return { index, id: outcome.id, status: 'refused', reason, description, figures };
    }
    case 'conflict':
      return { index, id: outcome.id, status: 'conflict' };
  }
}

function answerOne(answer: Answer | undefined): HttpResponseInit {
  const { index: _index, ...rest } = answer ?? { index: 0, status: 'invalid' };
  switch (rest.status) {
    case 'invalid':
      return problem(400, { code: 'submit.invalid', title: 'The job is not valid', more: rest });
    case 'refused':
      return problem(422, { code: 'submit.refused', title: 'The job could never succeed', more: rest });
    case 'conflict': {
      const detail = 'A job with this id and another request exists. Use another id.';
      return problem(409, { code: 'submit.conflict', title: 'The id is taken', detail, more: rest });
    }
    default: {
      const location = rest['statusUrl'];
      return json(202, rest, typeof location === 'string' ? { location } : {});
    }
  }
}

const failures: ReadonlySet<string> = new Set(['invalid', 'refused', 'conflict']);

function answerList(answers: readonly Answer[]): HttpResponseInit {
  const rejected = answers.filter((answer) => failures.has(answer.status)).length;
  const summary = { accepted: answers.length - rejected, rejected, jobs: answers };
  if (summary.accepted > 0) {
    return json(202, summary);
  }
  const title = answers.length === 0 ? 'The call holds no job' : 'No job of the call was accepted';
  return problem(400, { code: 'submit.invalid', title, more: summary });
}

/** The call ended half way: what was accepted stays accepted, and is told. */
function stopped(error: unknown, answers: readonly Answer[]): HttpResponseInit {
  const accepted = answers.filter((answer) => !failures.has(answer.status)).length;
  const more = { accepted, jobs: answers };
  if (error instanceof BodyError) {
    return problem(error.status, {
      code: 'submit.body',
      title: 'The body cannot be taken',
      detail: error.message,
      problems: error.problems,
      more,
    });
  }
  if (error instanceof AppError) {
    return problemOf(error, more);
  }
  throw error;
}
