import type { DeploymentLimit, ModelCall } from './admin-api.ts';
import type { JobView } from './app-api.ts';

/** What the calls of some deployments came to. */
export interface CallFigures {
  readonly name: string;
  readonly calls: number;
  /** Billed: prompt and completion. */
  readonly tokens: number;
  readonly throttled429: number;
  /** Admitted cost ÷ what the limits would have admitted from the run's first call to its last; undefined without one. */
  readonly utilisation: number | undefined;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

export interface RunFigures {
  readonly byModel: readonly CallFigures[];
  readonly byRegion: readonly CallFigures[];
  readonly total: CallFigures;
  /** From the first call to the last, in ms. */
  readonly callingMs: number;
  /** Jobs whose model call was completed more than once. */
  readonly duplicates: number;
}

export interface RunFacts {
  readonly calls: readonly ModelCall[];
  readonly limits: readonly DeploymentLimit[];
  /** Completed attempts as the jobs tell them. */
  readonly attempts: readonly Attempt[];
}

export interface Attempt {
  readonly region: string;
  readonly deployment: string;
  readonly latencyMs: number;
}

/** Counts and sums of what happened; nothing here is assumed. A deployment bears the name of its model. */
export function measureRun(facts: RunFacts): RunFigures {
  const times = facts.calls.map((call) => call.at);
  const callingMs = times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
  const figures = (name: string, isOf: (place: Place) => boolean): CallFigures =>
    figuresOf({ name, callingMs, facts: onlyOf(facts, isOf) });
  const models = [...new Set(facts.limits.map((limit) => limit.deployment))];
  const regions = [...new Set(facts.limits.map((limit) => limit.region))];
  return {
    byModel: models.map((model) => figures(model, (place) => place.deployment === model)),
    byRegion: regions.map((region) => figures(region, (place) => place.region === region)),
    total: figures('all', () => true),
    callingMs,
    duplicates: duplicatesOf(facts.calls),
  };
}

/** The attempts that were answered. */
export function completedAttempts(job: JobView): readonly Attempt[] {
  return job.attempts.filter((attempt) => attempt.outcome === 'completed');
}

interface Place {
  readonly region: string;
  readonly deployment: string;
}

function onlyOf(facts: RunFacts, isOf: (place: Place) => boolean): RunFacts {
  return {
    calls: facts.calls.filter((call) => isOf(call)),
    limits: facts.limits.filter((limit) => isOf(limit)),
    attempts: facts.attempts.filter((attempt) => isOf(attempt)),
  };
}

function figuresOf({
  name,
  callingMs,
  facts,
}: {
  readonly name: string;
  readonly callingMs: number;
  readonly facts: RunFacts;
}): CallFigures {
  const { calls, limits, attempts } = facts;
  const latencies = attempts.map((attempt) => attempt.latencyMs).sort((left, right) => left - right);
  const admitted = sum(calls.map((call) => (call.isAdmitted ? call.cost : 0)));
  const admissible = sum(limits.map(({ limit, windowMs }) => (limit * callingMs) / windowMs));
  return {
    name,
    calls: calls.length,
    tokens: sum(calls.map((call) => call.promptTokens + call.completionTokens)),
    throttled429: calls.filter((call) => call.status === 429).length,
    utilisation: admissible === 0 ? undefined : admitted / admissible,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

/** The nearest rank of ascending values. */
function quantile(ascending: readonly number[], share: number): number | undefined {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)];
}

/** The app sends the job's id with each of its calls. */
function duplicatesOf(calls: readonly ModelCall[]): number {
  const completed = new Map<string, number>();
  for (const { status, code, clientRequestId } of calls) {
    if (status === 200 && code === '') {
      completed.set(clientRequestId, (completed.get(clientRequestId) ?? 0) + 1);
    }
  }
  return [...completed.values()].filter((times) => times > 1).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
