import { setTimeout as delay } from 'node:timers/promises';
import { adminApi } from '../../local/demo/admin-api.ts';
import type { BuiltApp } from '../app-under-test.ts';
import { type Audit, auditRun, type RunFacts } from './audit-run.ts';
import { driveFaults } from './drive-faults.ts';
import { healAll, type InjectedFault } from './inject-fault.ts';
import { type JobDocuments, jobDocuments } from './job-documents.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { missingResults } from './missing-results.ts';
import type { ChaosOptions } from './options.ts';
import { planFaults } from './plan-faults.ts';
import { planJobs } from './plan-jobs.ts';
import type { JobPlan } from './planned-job.ts';
import { peekQueues } from './queue-contents.ts';
import { readStoredResults } from './read-traces.ts';
import { type ChaosSystem, startSystem } from './start-system.ts';
import { submitPlan } from './submit-plan.ts';
import { untilDrained } from './until-drained.ts';
import { type EndWatch, watchEnds } from './watch-ends.ts';

const tellEveryMs = 10_000;

interface ChaosContext {
  readonly app: BuiltApp;
  readonly folder: string;
  readonly canSkew: boolean;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

export interface ChaosRun {
  readonly facts: RunFacts;
  readonly audit: Audit;
}

/** One whole run: jobs and faults, then quiet until the system has drained, then the audit. Leaves no process behind. */
export async function runChaos(options: ChaosOptions, context: ChaosContext): Promise<ChaosRun> {
  const { app, folder, signal } = context;
  const { processes, seed } = options;
  const system = await startSystem({ app, folder, processes, seed });
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const documents = jobDocuments(system.environment);
  try {
    const startsAt = Date.now();
    const durationMs = options.minutes * 60_000;
    const plan = planJobs({ seed, jobs: options.jobs, durationMs, startsAt });
    const ledger = openLedger(plan.jobs);
    const watch = watchEnds(documents, either);
    void tellProgress({ ledger, watch, startsAt, signal: either, tell: context.tell });
    const faults = await disturb({ options, system, plan, ledger, startsAt, context: { ...context, signal: either } });
    await untilDrained(system, { documents, watch, ledger, startsAt, signal: either, tell: context.tell });
    await watch.lookAtAll();
    over.abort();
    // The traces are whole once the processes have ended; the stack answers until the end.
    await Promise.all(system.apps.map(async (slot) => slot.close()));
    const facts = await collectFacts({ system, plan, ledger, watch, faults, documents });
    return { facts, audit: auditRun(facts) };
  } finally {
    over.abort();
    documents.close();
    await system.stop();
  }
}

/** Submits the jobs while the faults come; heals all; and waits for the last jobs to be taken. */
async function disturb(input: {
  readonly options: ChaosOptions;
  readonly system: ChaosSystem;
  readonly plan: JobPlan;
  readonly ledger: Ledger;
  readonly startsAt: number;
  readonly context: ChaosContext;
}): Promise<readonly InjectedFault[]> {
  const { options, system, plan, ledger, startsAt, context } = input;
  const { kinds, minutes, seed } = options;
  const texts = new Map(plan.jobs.map(({ id, text }) => [id, text]));
  const textOf = (jobId: string): string => texts.get(jobId) ?? '';
  const faults = planFaults({ seed, durationMs: minutes * 60_000, site: system.site, kinds });
  context.tell(`${faults.length} faults are planned, and ${plan.jobs.length} jobs.`);
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const submitting = submitPlan({ system, ledger, textOf, signal }, plan, startsAt);
  const driving = driveFaults(system, faults, { ...context, startsAt, signal });
  try {
    // Whichever fails ends the other.
    const [injected] = await Promise.all([
      driving.then(async (done) => {
        await healAll(system);
        context.tell('All faults are healed.');
        return done;
      }),
      submitting,
    ]);
    return injected;
  } finally {
    failed.abort();
    await Promise.allSettled([submitting, driving]);
  }
}

async function collectFacts(input: {
  readonly system: ChaosSystem;
  readonly plan: JobPlan;
  readonly ledger: Ledger;
  readonly watch: EndWatch;
  readonly faults: readonly InjectedFault[];
  readonly documents: JobDocuments;
}): Promise<RunFacts> {
  const { system, plan, ledger, watch, faults, documents } = input;
  const all = await documents.all();
  return {
    entries: ledger.entries(),
    strays: plan.strays.map(({ messageId }) => messageId),
    documents: all,
    rewrites: watch.rewrites,
    queues: await peekQueues(system.environment['ServiceBus'] ?? '', system.site.queues),
    calls: await adminApi(system.adminUrl).calls(),
    lanes: await documents.lanes(),
    storedResults: await readStoredResults(system.apps.flatMap(({ traceFiles }) => traceFiles)),
    missingResults: await missingResults(system.environment, all),
    faults,
    surprises: ledger.surprises,
    deaths: [...system.apps, system.stack].flatMap(({ deaths }) => deaths),
    now: Date.now(),
  };
}

async function tellProgress(input: {
  readonly ledger: Ledger;
  readonly watch: EndWatch;
  readonly startsAt: number;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}): Promise<void> {
  const { ledger, watch, startsAt, signal, tell } = input;
  while (!signal.aborted) {
    await delay(tellEveryMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) {
      const seconds = ((Date.now() - startsAt) / 1000).toFixed(0);
      tell(
        `${seconds} s: ${ledger.accepted()} jobs accepted, ${watch.ended()} ended ${JSON.stringify(watch.countByState())}`,
      );
    }
  }
}
