import type { TraceJob } from './trace.ts';

/** One attempt, as the endpoint's call log has it. */
export interface Attempt {
  /** Admission, or arrival when it was not admitted; epoch ms. */
  readonly at: number;
  /** The job's id. */
  readonly clientRequestId: string;
  /** Null while unanswered. */
  readonly status: number | null;
  readonly cost: number;
  readonly isAdmitted: boolean;
}

export interface RunFacts {
  readonly jobs: readonly Pick<TraceJob, 'id' | 'cost'>[];
  readonly attempts: readonly Attempt[];
  /** When the jobs were there and the contender was told to begin; epoch ms. */
  readonly startedAt: number;
  readonly tokensPerMinute: number;
}

export interface Figures {
  /** Mean share of the limit that the last 60 s held, from the end of the first window to the last admission. */
  readonly utilisation: number;
  /** 429 answers per 1,000 jobs; every attempt counts. */
  readonly throttledPer1000: number;
  readonly attemptsPerJob: number;
  /** From the start to the admission of the call that answered the last job. */
  readonly makespanSeconds: number;
  /** Makespan ÷ (total cost ÷ limit). */
  readonly makespanRatio: number;
  /** From the start of the run to the admission of the attempt that was answered, over the answered jobs. */
  readonly waitP50Ms: number;
  readonly waitP99Ms: number;
  /** Jobs that no call answered with 200. */
  readonly lost: number;
  /** Jobs that more than one call answered with 200. */
  readonly duplicates: number;
}

const windowMs = 60_000;

/** The figures of one run, from nothing but what the endpoint saw. */
export function measureRun(facts: RunFacts): Figures {
  const { attempts, jobs, startedAt, tokensPerMinute } = facts;
  const answers = answersByJob(attempts);
  const waits = jobs
    .flatMap((job) => answers.get(job.id)?.slice(0, 1) ?? [])
    .map((at) => at - startedAt)
    .toSorted((left, right) => left - right);
  const makespanMs = waits.at(-1) ?? Number.NaN;
  const totalCost = jobs.reduce((sum, job) => sum + job.cost, 0);
  return {
    utilisation: utilisationOf(facts),
    throttledPer1000: (attempts.filter(({ status }) => status === 429).length / jobs.length) * 1000,
    attemptsPerJob: attempts.length / jobs.length,
    makespanSeconds: makespanMs / 1000,
    makespanRatio: makespanMs / windowMs / (totalCost / tokensPerMinute),
    waitP50Ms: quantile(waits, 0.5),
    waitP99Ms: quantile(waits, 0.99),
    lost: jobs.length - waits.length,
    duplicates: [...answers.values()].filter((times) => times.length > 1).length,
  };
}

/** When each job's calls that were answered with 200 were admitted, first to last. */
export function answersByJob(attempts: readonly Attempt[]): ReadonlyMap<string, readonly number[]> {
  const answers = new Map<string, number[]>();
  for (const { at, clientRequestId, status } of attempts) {
    if (status === 200) {
      answers.set(
        clientRequestId,
        [...(answers.get(clientRequestId) ?? []), at].toSorted((a, b) => a - b),
      );
    }
  }
  return answers;
}

/**
 * A cost that is admitted at t lies in the window of the last 60 s until t + 60 s. So the mean of the window over a span
 * is Σ cost × (overlap of [t, t + 60 s] and the span) ÷ the span. Smooth pacing and one burst a minute come out alike.
 */
function utilisationOf({ attempts, startedAt, tokensPerMinute }: RunFacts): number {
  const admitted = attempts.filter(({ isAdmitted }) => isAdmitted);
  const from = startedAt + windowMs;
  const to = Math.max(...admitted.map(({ at }) => at));
  if (!(to > from)) {
    return Number.NaN;
  }
  const area = admitted.reduce((sum, { at, cost }) => {
    const overlapMs = Math.min(at + windowMs, to) - Math.max(at, from);
    return sum + cost * Math.max(0, overlapMs);
  }, 0);
  return area / ((to - from) * tokensPerMinute);
}

/** Nearest rank, of values in order. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
