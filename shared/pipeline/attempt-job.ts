import type { JobDocument } from '../jobs/job-document.ts';
import { countFailure } from '../jobs/job-transitions.ts';
import { deploymentKey } from '../pools/deployment-health.ts';
import type { JobFigures } from './check-job.ts';
import { afterFailure, mostCalls } from './retry-policy.ts';
import { endMark, withdrawCall, withdrawCallLater } from './call-marks.ts';
import type { Pool } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';
import { endJob, type JobEnd, leaveTaken } from './end-job.ts';
import { fitAgain } from './fit-again.ts';
import { joinSignals } from './join-signals.ts';
import { noteFigures } from './note-figures.ts';
import { parkUntil } from './park-until.ts';
import { recordOutcome } from './record-outcome.ts';
import { isServed } from './served-pools.ts';
import { type Called, type CallRun, startCall } from './start-call.ts';

export interface AttemptRun extends Omit<CallRun, 'request' | 'avoid' | 'isRetry'> {
  /** What is sent, and its figures; they are on the document. */
  readonly sent: JobFigures;
  /** The pool on whose queue the message lay: seldom another one than the job's own. */
  readonly pulledFor: Pool;
}

/** What one delivery has called so far. */
interface Tally {
  calls: number;
  throttled: number;
  failed: number;
  /** Deployments that failed it, by key. */
  readonly avoid: Set<string>;
}

type Next =
  | { readonly kind: 'end'; readonly end: JobEnd }
  /** Another call, after the delay; `document` has what was learnt from this one. */
  | { readonly kind: 'again'; readonly delayMs: number; readonly document: JobDocument; readonly sent: JobFigures };

/** The calls of one delivery: until one leads to an end, or the job has to wait for longer than a message is held. */
export async function attemptJob(deps: PipelineDeps, run: AttemptRun): Promise<JobEnd> {
  const tally: Tally = { calls: 0, throttled: 0, failed: 0, avoid: new Set() };
  let { stored, sent } = run;
  for (;;) {
    const { avoid, failed, calls } = tally;
    const called = await startCall(deps, { ...run, stored, request: sent.request, avoid, isRetry: failed > 0 });
    if (called.kind !== 'called') {
      return endUncalled(deps, { ...run, stored }, { called, calls });
    }
    tally.calls += 1;
    const next = await afterCall(deps, { ...run, sent, stored: called.stored }, { called, tally });
    if (next.kind === 'end') {
      return next.end;
    }
    if (tally.calls >= mostCalls) {
      return park(deps, { ...run, stored: { ...called.stored, document: next.document } });
    }
    const saved = await endMark(deps, { ...run, stored: called.stored }, next.document);
    if (saved.kind === 'taken') {
      return leaveTaken(deps, run, saved.document);
    }
    ({ stored } = saved);
    ({ sent } = next);
    const waiting = joinSignals([run.message.lockLost, run.stopping]);
    await deps.clock.sleep(next.delayMs, waiting.signal).finally(waiting.release);
  }
}

async function afterCall(
  deps: PipelineDeps,
  run: AttemptRun,
  { called, tally }: { readonly called: Extract<Called, { readonly kind: 'called' }>; readonly tally: Tally },
): Promise<Next> {
  const { where, outcome } = called;
  const { document } = run.stored;
  const { sent } = run;
  switch (outcome.kind) {
    case 'throttled':
      tally.throttled += 1;
      return tally.throttled < deps.settings.retries.mostThrottled && tally.calls < mostCalls
        ? { kind: 'again', delayMs: 0, document, sent }
        : endWith(await recordOutcome(deps, { ...run, where, outcome }));
    case 'failed':
      tally.failed += 1;
      tally.avoid.add(deploymentKey(where));
      return afterFailed(deps, run, tally.calls);
    case 'misconfigured':
      // The deployment's breaker is open by now (J5): another one is chosen, or the job waits.
      tally.avoid.add(deploymentKey(where));
      return { kind: 'again', delayMs: 0, document, sent };
    case 'aborted':
      return endWith(run.message.lockLost.aborted ? lockLost : await giveBack(deps, run));
    case 'refused': {
      const again = await fitAgain(deps, { envelope: run.job.envelope, sent, outcome });
      return again === undefined
        ? endWith(await recordOutcome(deps, { ...run, where, outcome }))
        : { kind: 'again', delayMs: 0, document: noteFigures(document, again), sent: again };
    }
    case 'completed':
      return endWith(await recordOutcome(deps, { ...run, where, outcome }));
  }
}

const lockLost: JobEnd = { settlement: 'leave', outcome: 'lock-lost' };

function endWith(end: JobEnd): Next {
  return { kind: 'end', end };
}

async function afterFailed(deps: PipelineDeps, run: AttemptRun, calls: number): Promise<Next> {
  const now = deps.clock.now();
  const document = countFailure(run.stored.document, now);
  const counted = { ...run, stored: { ...run.stored, document } };
  const next = afterFailure({ document, calls, now, limits: deps.settings.retries, random: deps.random() });
  switch (next.kind) {
    case 'exhausted':
      return endWith(await endJob(deps, counted, { kind: 'dead-letter', deadLetter: next.deadLetter }));
    case 'park':
      return endWith(await park(deps, counted));
    case 'again':
      return { kind: 'again', delayMs: next.delayMs, document, sent: run.sent };
  }
}

async function endUncalled(
  deps: PipelineDeps,
  run: AttemptRun,
  { called, calls }: { readonly called: Exclude<Called, { readonly kind: 'called' }>; readonly calls: number },
): Promise<JobEnd> {
  switch (called.kind) {
    case 'ended':
      return called.end;
    case 'closed':
    case 'paused':
      // Nobody pulls it then. Of a pool that is pulled it would come again at once, and again; and calls are to be recorded.
      return calls === 0 && !isServed(deps, run.pulledFor) ? giveBack(deps, run) : park(deps, run);
    case 'no-retry-budget':
      return park(deps, run);
    case 'aborted':
      return run.message.lockLost.aborted ? lockLost : giveBack(deps, run);
  }
}

async function park(deps: PipelineDeps, run: AttemptRun): Promise<JobEnd> {
  return endJob(deps, run, { kind: 'park', dueAt: parkUntil(deps, run.stored.document, undefined) });
}

/** To the queue, for whoever comes next; the mark of a call is taken away first (O2), or later while Cosmos is away. */
async function giveBack(deps: PipelineDeps, run: AttemptRun): Promise<JobEnd> {
  const call = { id: run.job.id, owner: run.stored.document.claim?.owner ?? '' };
  if (!(await withdrawCall(deps, call))) {
    void withdrawCallLater(deps, call);
  }
  await run.message.abandon();
  return { settlement: 'abandon', outcome: 'given-back' };
}
