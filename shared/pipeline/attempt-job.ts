import { countFailure } from '../jobs/job-transitions.ts';
import { deploymentKey } from '../pools/deployment-health.ts';
import type { JobFigures } from './check-job.ts';
import { afterFailure } from './retry-policy.ts';
import { withdrawCall, withdrawCallLater } from './call-marks.ts';
import type { Pool } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';
import { endJob, type JobEnd } from './end-job.ts';
import { fitAgain } from './fit-again.ts';
import { joinSignals } from './join-signals.ts';
import { noteFigures } from './note-figures.ts';
import { parkUntil } from './park-until.ts';
import { recordOutcome } from './record-outcome.ts';
import { isServed } from './served-pools.ts';
import { type Called, type CallRun, startCall } from './start-call.ts';

/** Throttled by the service, a job waits for another start in the same delivery this often, and is parked then. */
const mostThrottled = 3;

export interface AttemptRun extends Omit<CallRun, 'request' | 'avoid' | 'isRetry'> {
  /** What is sent, and its figures; they are on the document. */
  readonly sent: JobFigures;
  /** The pool on whose queue the message lay: seldom another one than the job's own. */
  readonly pulledFor: Pool;
}

/** The calls of one delivery: until one leads to an end, or the job has to wait for longer than a message is held. */
export async function attemptJob(deps: PipelineDeps, run: AttemptRun): Promise<JobEnd> {
  const avoid = new Set<string>();
  let { stored, sent } = run;
  let [calls, throttled, failed] = [0, 0, 0];
  for (;;) {
    const called = await startCall(deps, { ...run, stored, request: sent.request, avoid, isRetry: failed > 0 });
    if (called.kind !== 'called') {
      return endUncalled(deps, { ...run, stored }, { called, calls });
    }
    const { where, outcome } = called;
    ({ stored } = called);
    calls += 1;
    switch (outcome.kind) {
      case 'throttled':
        throttled += 1;
        if (throttled === mostThrottled) {
          return recordOutcome(deps, { ...run, sent, stored, where, outcome });
        }
        break;
      case 'failed': {
        failed += 1;
        avoid.add(deploymentKey(where));
        stored = { ...stored, document: countFailure(stored.document, deps.clock.now()) };
        const next = await goOn(deps, { ...run, stored }, calls);
        if (next !== undefined) {
          return next;
        }
        break;
      }
      case 'misconfigured':
        // The deployment's breaker is open by now (J5): another one is chosen, or the job waits.
        avoid.add(deploymentKey(where));
        break;
      case 'aborted':
        return run.message.lockLost.aborted ? lockLost : giveBack(deps, { ...run, stored });
      case 'refused': {
        const again = await fitAgain(deps, { envelope: run.job.envelope, sent, outcome });
        if (again === undefined) {
          return recordOutcome(deps, { ...run, sent, stored, where, outcome });
        }
        sent = again;
        stored = { ...stored, document: noteFigures(stored.document, sent) };
        break;
      }
      case 'completed':
        return recordOutcome(deps, { ...run, sent, stored, where, outcome });
    }
  }
}

const lockLost: JobEnd = { settlement: 'leave', outcome: 'lock-lost' };

/** After a call that failed: undefined when it is to be made again, after the delay. */
async function goOn(deps: PipelineDeps, run: AttemptRun, calls: number): Promise<JobEnd | undefined> {
  const { document } = run.stored;
  const input = { document, calls, now: deps.clock.now(), limits: deps.settings.retries, random: deps.random() };
  const next = afterFailure(input);
  switch (next.kind) {
    case 'exhausted':
      return endJob(deps, run, { kind: 'dead-letter', deadLetter: next.deadLetter });
    case 'park':
      return park(deps, run);
    case 'again': {
      const waiting = joinSignals([run.message.lockLost, run.stopping]);
      await deps.clock.sleep(next.delayMs, waiting.signal).finally(waiting.release);
      return undefined;
    }
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
