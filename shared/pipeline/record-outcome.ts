import { actualUsd } from '../budget/job-cost.ts';
import { type Completed, completeJob } from '../jobs/job-transitions.ts';
import type { CallOutcome, Completion } from '../models/call-outcome.ts';
import { resultName } from '../payloads/payload-name.ts';
import type { PoolDeployment } from '../pools/pool.ts';
import type { JobFigures } from './check-job.ts';
import { contextFigures } from './context-figures.ts';
import type { PipelineDeps } from './deps.ts';
import { endJob, type EndingRun, type JobEnd, leaveTaken } from './end-job.ts';
import { keepTrying } from './keep-trying.ts';
import { parkUntil } from './park-until.ts';
import { saveJob } from './save-job.ts';

/** Larger results are kept as a blob: every write of a document costs by its size. In UTF-16 units of JSON. */
const largestInline = 16 * 1024;

export interface OutcomeRun extends EndingRun {
  /** What was sent. */
  readonly sent: JobFigures;
  readonly where: PoolDeployment;
  readonly outcome: Extract<CallOutcome, { readonly kind: 'completed' | 'refused' | 'throttled' }>;
}

/** Stores what the call led to, then settles the message. */
export async function recordOutcome(deps: PipelineDeps, run: OutcomeRun): Promise<JobEnd> {
  const { outcome } = run;
  const { document } = run.stored;
  switch (outcome.kind) {
    case 'completed':
      return complete(deps, run, outcome.completion);
    case 'refused': {
      const { reason, code, message, details } = outcome;
      const ours = reason === 'ContextLengthExceeded' ? await contextFigures(deps, run.sent) : {};
      const figures = { ...ours, ...details, code, region: run.where.region, requestId: outcome.requestId ?? null };
      return endJob(deps, run, { kind: 'dead-letter', deadLetter: { reason, description: message, figures } });
    }
    case 'throttled':
      return endJob(deps, run, { kind: 'park', dueAt: parkUntil(deps, document, outcome.retryAfterMs) });
  }
}

async function complete(deps: PipelineDeps, run: OutcomeRun, completion: Completion): Promise<JobEnd> {
  const completed = await toCompleted(deps, run, completion);
  const end = { now: deps.clock.now(), ttlSeconds: deps.settings.resultTtlSeconds };
  const next = completeJob(run.stored.document, completed, end);
  const saved = await saveJob(deps, { stored: run.stored, next, signal: run.message.lockLost });
  if (saved.kind === 'taken') {
    return leaveTaken(deps, run, saved.document);
  }
  await run.message.complete();
  return { settlement: 'complete', outcome: 'completed' };
}

async function toCompleted(deps: PipelineDeps, run: OutcomeRun, completion: Completion): Promise<Completed> {
  const text = completion.text ?? JSON.stringify(completion.body);
  const costUsd = actualUsd(deps.catalogue.find(run.pool.model)?.prices, completion.usage);
  const { finishReason, usage } = completion;
  const { requestId } = run.outcome;
  return {
    usage,
    region: run.where.region,
    deployment: run.where.deployment,
    ...(text.length <= largestInline ? { result: completion.body } : { resultRef: await storeResult(deps, run, text) }),
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** Named by the claim as well, so that an attempt that was taken over cannot write over another's result (J1). */
async function storeResult(deps: PipelineDeps, run: OutcomeRun, text: string): Promise<string> {
  const name = resultName(run.job.id, run.stored.document.claim?.owner ?? 'unclaimed');
  await keepTrying(deps, run.message.lockLost, async () => deps.payloads.put(name, text));
  return name;
}
