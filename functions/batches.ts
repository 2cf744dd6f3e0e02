import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { isJobId } from '../shared/jobs/job-id.ts';
import { type BatchProgress, batchProgressReader, batchResults } from '../shared/pipeline/read-jobs.ts';
import { cancelBatch } from '../shared/pipeline/cancel-jobs.ts';
import { spanNames } from '../shared/telemetry/names.ts';
import type { App } from './compose.ts';
import { serve } from './invocation.ts';
import { json, problem } from './problem.ts';

app.http('read-batch', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'batches/{batchId}',
  handler: async (request) => serve(spanNames.read, request, async (sluice) => readBatch(sluice, request)),
});

app.http('read-batch-results', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'batches/{batchId}/results',
  handler: async (request) => serve(spanNames.read, request, async (sluice) => readResults(sluice, request)),
});

app.http('cancel-batch', {
  methods: ['DELETE'],
  authLevel: 'function',
  route: 'batches/{batchId}',
  handler: async (request) =>
    serve(spanNames.cancel, request, async (sluice) => {
      if (request.query.has('erase')) {
        return noErasing();
      }
      const batchId = request.params['batchId'];
      return isJobId(batchId) ? json(200, { batchId, ...(await cancelBatch(sluice.deps, batchId)) }) : unknownBatch();
    }),
});

let progress: ((batchId: string) => Promise<BatchProgress>) | undefined;

async function progressOf(sluice: App, request: HttpRequest): Promise<BatchProgress | undefined> {
  const batchId = request.params['batchId'];
  progress ??= batchProgressReader(sluice.deps);
  const counted = isJobId(batchId) ? await progress(batchId) : undefined;
  return counted?.total === 0 ? undefined : counted;
}

async function readBatch(sluice: App, request: HttpRequest): Promise<HttpResponseInit> {
  const counted = await progressOf(sluice, request);
  return counted === undefined ? unknownBatch() : json(200, counted);
}

/** The results so far, one line a job, as they are read. */
async function readResults(sluice: App, request: HttpRequest): Promise<HttpResponseInit> {
  const counted = await progressOf(sluice, request);
  if (counted === undefined) {
    return unknownBatch();
  }
  const headers = { 'content-type': 'application/x-ndjson; charset=utf-8' };
  return { status: 200, headers, body: ReadableStream.from(encodeLines(sluice, counted.batchId)) };
}

async function* encodeLines(sluice: App, batchId: string): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  for await (const line of batchResults(sluice.deps, batchId)) {
    yield encoder.encode(`${line}\n`);
  }
}

/** Taken for a cancellation it would stop what still runs, and erase nothing. */
function noErasing(): HttpResponseInit {
  const message = 'goes with one job: erase the jobs of the batch one by one, or purge its dead letters by batchId';
  const problems = [{ path: 'erase', message }];
  return problem(400, { code: 'batches.bad-query', title: 'The query cannot be used', problems });
}

function unknownBatch(): HttpResponseInit {
  const detail = 'Jobs that were put straight onto a queue are counted once a pump has taken them.';
  return problem(404, { code: 'batches.unknown', title: 'No job of this batch is known', detail });
}
