import { z } from 'zod';

/** What a submit call answered for one of its jobs. */
export interface SubmitAnswer {
  /** Place of the job in the call. */
  readonly index: number;
  readonly refusal: Refusal | undefined;
}

/** Why a line was not taken, or how it ended without an answer of the model. */
export interface Refusal {
  readonly reason: string;
  readonly description: string;
}

export interface BatchProgress {
  readonly total: number;
  readonly byState: Readonly<Record<string, number>>;
  readonly isDone: boolean;
}

export type ResultLine = z.infer<typeof resultLine>;
export type JobView = z.infer<typeof jobView>;

/** The app's HTTP endpoints, as far as the demo calls them. */
export interface AppApi {
  /** `retry` after so many ms: the app, or what it needs, is away for the moment. */
  readonly submit: (
    batchId: string,
    ndjson: string,
  ) => Promise<
    | { readonly kind: 'answered'; readonly answers: readonly SubmitAnswer[] }
    | { readonly kind: 'retry'; readonly afterMs: number }
  >;
  /** Undefined while no job of the batch is known, or while the app does not answer. */
  readonly progress: (batchId: string) => Promise<BatchProgress | undefined>;
  readonly isKnown: (jobId: string) => Promise<boolean>;
  readonly jobs: (batchId: string) => AsyncGenerator<JobView, void>;
  readonly results: (batchId: string) => AsyncGenerator<ResultLine, void>;
}

const callMs = 30_000;
const pageSize = 200;
const retryMs = 1000;

const problems = z.array(z.object({ path: z.string(), message: z.string() }));
const submitted = z.object({
  jobs: z.array(
    z.object({
      index: z.number(),
      status: z.string(),
      reason: z.string().optional(),
      description: z.string().optional(),
      problems: problems.optional(),
    }),
  ),
});
const progressSchema = z.object({ total: z.number(), byState: z.record(z.string(), z.number()), isDone: z.boolean() });
const jobView = z.object({
  id: z.string(),
  status: z.string(),
  customId: z.string().optional(),
  model: z.string(),
  attempts: z
    .array(z.object({ region: z.string(), deployment: z.string(), outcome: z.string(), latencyMs: z.number() }))
    .default([]),
});
const jobPage = z.object({ jobs: z.array(jobView), next: z.string().nullable() });
const resultLine = z.object({
  id: z.string(),
  custom_id: z.string(),
  response: z.record(z.string(), z.unknown()).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

/** @param signal ends every call */
export function appApi(url: string, signal: AbortSignal): AppApi {
  const call = async (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}/api/${path}`, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(callMs)]) });
  return {
    submit: async (batchId, ndjson) => submit(call, batchId, ndjson).catch(unlessEnded(signal, retryLater)),
    progress: async (batchId) =>
      readProgress(call, batchId).catch(unlessEnded(signal, (): BatchProgress | undefined => undefined)),
    isKnown: async (jobId) => {
      const response = await call(`jobs/${encodeURIComponent(jobId)}`);
      await response.body?.cancel();
      return response.status !== 404;
    },
    jobs: (batchId) => listJobs(call, batchId),
    results: (batchId) => readResults(call, batchId),
  };
}

type Call = (path: string, init?: RequestInit) => Promise<Response>;

/** A call that failed because the app is being started again is asked again; one that we ended is not. */
function unlessEnded<Value>(signal: AbortSignal, otherwise: () => Value): (error: unknown) => Value {
  return (error) => {
    if (signal.aborted || !(error instanceof TypeError || error instanceof DOMException)) {
      throw error;
    }
    return otherwise();
  };
}

function retryLater(): { readonly kind: 'retry'; readonly afterMs: number } {
  return { kind: 'retry', afterMs: retryMs };
}

async function submit(call: Call, batchId: string, ndjson: string): ReturnType<AppApi['submit']> {
  const response = await call(`jobs?batchId=${batchId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: ndjson,
  });
  const text = await response.text();
  if (response.status === 503) {
    return { kind: 'retry', afterMs: Number(response.headers.get('retry-after') ?? 1) * 1000 };
  }
  const read = submitted.safeParse(response.status === 202 || response.status === 400 ? JSON.parse(text) : undefined);
  if (!read.success) {
    throw new Error(`The app refused a submit call with ${response.status}: ${text.slice(0, 500)}`);
  }
  return { kind: 'answered', answers: read.data.jobs.map((job) => ({ index: job.index, refusal: refusalOf(job) })) };
}

function refusalOf(job: z.infer<typeof submitted>['jobs'][number]): Refusal | undefined {
  switch (job.status) {
    case 'invalid': {
      const description = (job.problems ?? []).map(({ path, message }) => `${path}: ${message}`).join('; ');
      return { reason: 'InvalidJob', description };
    }
    case 'refused':
      return { reason: job.reason ?? 'refused', description: job.description ?? '' };
    case 'conflict':
      return { reason: 'conflict', description: 'A job with this id and another request exists.' };
    default:
      return undefined;
  }
}

async function readProgress(call: Call, batchId: string): Promise<BatchProgress | undefined> {
  const response = await call(`batches/${batchId}`);
  const body: unknown = await response.json();
  return response.ok ? progressSchema.parse(body) : undefined;
}

async function* listJobs(call: Call, batchId: string): AsyncGenerator<JobView, void> {
  let after: string | null = null;
  do {
    const from = after === null ? '' : `&after=${encodeURIComponent(after)}`;
    const response = await call(`jobs?batchId=${batchId}&limit=${pageSize}${from}`);
    const page: z.infer<typeof jobPage> = jobPage.parse(await response.json());
    yield* page.jobs;
    after = page.next;
  } while (after !== null);
}

async function* readResults(call: Call, batchId: string): AsyncGenerator<ResultLine, void> {
  const response = await call(`batches/${batchId}/results`);
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    return;
  }
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      yield resultLine.parse(JSON.parse(line));
    }
  }
  if (rest !== '') {
    throw new Error('The results broke off in the middle of a line.');
  }
}
