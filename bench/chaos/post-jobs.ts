import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Ledger } from './ledger.ts';
import type { PlannedSubmit } from './planned-job.ts';
import type { ChaosSystem } from './start-system.ts';

const callMs = 20_000;
const againMs = 300;

export interface Submitting {
  readonly system: ChaosSystem;
  readonly ledger: Ledger;
  /** A job's text by its id. */
  readonly textOf: (jobId: string) => string;
  readonly signal: AbortSignal;
}

const answerSchema = z.object({
  jobs: z.array(z.object({ index: z.number(), status: z.string() })),
});

const untaken: ReadonlySet<string> = new Set(['invalid', 'refused', 'conflict']);

/** Posts jobs as NDJSON to one process after the other, until one has taken them all. */
export async function postJobs(submitting: Submitting, submits: readonly PlannedSubmit[]): Promise<void> {
  const { ledger, system, textOf, signal } = submitting;
  const body = submits.map(({ jobId }) => textOf(jobId)).join('\n');
  // Not always the first process first.
  for (let tries = submits[0]?.atMs ?? 0; !signal.aborted; tries += 1) {
    const url = system.apps[tries % system.apps.length]?.url();
    submits.forEach(({ jobId }) => ledger.note(jobId, 'posted'));
    const answer = url === undefined ? undefined : await callApp(`${url}/api/jobs`, 'POST', body, signal);
    if (answer?.status === 202) {
      take(ledger, submits, answer.text);
      return;
    }
    const what = answer === undefined ? 'no answer' : `answered ${answer.status}`;
    submits.forEach(({ jobId }) => ledger.note(jobId, `posted: ${what}`));
    if (answer !== undefined && answer.status !== 503) {
      ledger.surprise(`POST /api/jobs answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    }
    await delay(againMs, undefined, { signal });
  }
}

function take(ledger: Ledger, submits: readonly PlannedSubmit[], text: string): void {
  const { jobs } = answerSchema.parse(JSON.parse(text));
  for (const { index, status } of jobs) {
    const submit = submits[index];
    if (submit === undefined || untaken.has(status)) {
      ledger.surprise(`POST /api/jobs answered ${status} for ${submit?.jobId ?? 'a job that it was not given'}.`);
    } else {
      ledger.accept(submit);
    }
  }
}

/** Cancels a job, asking again until there is an answer. One that is not known yet is asked for again, too. */
export async function cancelJob(submitting: Submitting, jobId: string): Promise<void> {
  const { ledger, system, signal } = submitting;
  for (let tries = 0; !signal.aborted; tries += 1) {
    const isKnown = ledger.isAccepted(jobId);
    const url = system.apps[tries % system.apps.length]?.url();
    const answer =
      url === undefined ? undefined : await callApp(`${url}/api/jobs/${jobId}`, 'DELETE', undefined, signal);
    if (answer?.status === 200 || answer?.status === 409) {
      ledger.cancel(jobId, answer.status === 200 ? 'cancelled' : 'ended');
      return;
    }
    const isRight = answer === undefined || answer.status === 503 || (answer.status === 404 && !isKnown);
    if (!isRight) {
      ledger.surprise(`DELETE /api/jobs/${jobId} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    }
    await delay(againMs, undefined, { signal });
  }
}

/** Undefined when no answer came: the process is gone, or hangs. */
async function callApp(
  url: string,
  method: string,
  body: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  try {
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/x-ndjson' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(callMs)]),
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError || error instanceof DOMException) {
      return undefined;
    }
    throw error;
  }
}
