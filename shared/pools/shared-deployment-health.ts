import { eventNames, sluice } from '../telemetry/names.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import {
  type Breaker,
  breakerId,
  type BreakerStore,
  isProbedBy,
  mayProbe,
  probeDueAt,
  probeFailed,
  probeSucceeded,
  releaseProbe,
  renewProbe,
  standingOf,
  takeProbe,
  tripBreaker,
} from './breaker.ts';
import {
  type CallReport,
  type DeploymentHealth,
  deploymentKey,
  type DeploymentName,
  type TrippedDeployment,
} from './deployment-health.ts';
import { FaultMeter } from './fault-meter.ts';
import { type CallEvidence, judgeCall } from './judge-call.ts';
import { RetryBudget } from './retry-budget.ts';
import { type BreakerChange, SharedBreaker } from './shared-breaker.ts';

/** How old what is known of a breaker may be, in ms: of one that is closed, and of one that is not. */
const closedAgeMs = 5000;
const trippedAgeMs = 2000;

export interface HealthDeps {
  readonly store: BreakerStore;
  /** Now, in epoch ms: the same time in every process. */
  readonly now: () => number;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** A fresh random id. */
  readonly newId: () => string;
  readonly telemetry: Pick<Telemetry, 'record'>;
  readonly logFault: (what: string, error: unknown) => void;
  readonly deployments: readonly DeploymentName[];
  /** A probe that was taken so long ago is not renewed any more, in ms: its job is lost. */
  readonly longestProbeMs: number;
}

/** What this process knows of one deployment. */
interface Watched {
  readonly where: DeploymentName;
  readonly breaker: SharedBreaker;
  readonly meter: FaultMeter;
  readonly budget: RetryBudget;
  /** The probe that a job of this process holds. */
  probe: { readonly jobId: string; readonly owner: string; readonly takenAt: number } | undefined;
  readAt: number;
}

/** The health of the app's deployments, by breakers that all processes share. */
export function sharedDeploymentHealth(deps: HealthDeps): DeploymentHealth {
  const watched = new Map(deps.deployments.map((where) => [deploymentKey(where), watch(deps, where)]));
  const of = (where: DeploymentName): Watched => {
    const known = watched.get(deploymentKey(where));
    if (known === undefined) {
      throw new RangeError(`No deployment ${deploymentKey(where)} is configured.`);
    }
    return known;
  };
  const quietly = quietChanges(deps);
  return {
    standing: (where) => standingOf(of(where).breaker.view, deps.now()),
    mayProbe: (where, jobId) => {
      const one = of(where);
      const owner = probeOf(one, jobId);
      return owner !== undefined && mayProbe(one.breaker.view, { owner, now: deps.now() });
    },
    takeProbe: async (where, jobId) => {
      const one = of(where);
      if (standingOf(one.breaker.view, deps.now()) !== 'probe-due') {
        return false;
      }
      const probe = { jobId, owner: deps.newId(), takenAt: deps.now() };
      one.probe = probe;
      await quietly(one, (breaker) => takeProbe(breaker, { owner: probe.owner, now: probe.takenAt }));
      return mayProbe(one.breaker.view, { owner: probe.owner, now: deps.now() });
    },
    releaseProbe: (where, jobId) => {
      const one = of(where);
      const owner = probeOf(one, jobId);
      if (owner !== undefined) {
        const now = deps.now();
        void quietly(one, (breaker) => releaseProbe(breaker, { owner, now }));
      }
    },
    report: (where, call) => {
      const one = of(where);
      if (call.isFirst) {
        one.budget.addFirstCall();
      }
      const change = changeFor(deps, one, call);
      if (change !== undefined) {
        void quietly(one, change);
      }
    },
    mayRetry: (where) => of(where).budget.take(deps.now()),
    tripped: () => [...watched.values()].flatMap(toTripped),
    refresh: async () => {
      await Promise.all([...watched.values()].map(async (one) => refresh(deps, one, quietly)));
    },
  };
}

function watch(deps: HealthDeps, where: DeploymentName): Watched {
  const onWritten = (before: Breaker | undefined, after: Breaker): void => tell(deps, where, { before, after });
  return {
    where,
    breaker: new SharedBreaker(deps.store, breakerId(where), onWritten),
    meter: new FaultMeter(),
    budget: new RetryBudget(deps.now()),
    probe: undefined,
    readAt: Number.NEGATIVE_INFINITY,
  };
}

/** The owner of the probe that the job holds, if it does. */
function probeOf({ probe, breaker }: Watched, jobId: string): string | undefined {
  return probe?.jobId === jobId && isProbedBy(breaker.view, probe.owner) ? probe.owner : undefined;
}

/** What a call changes in its deployment's breaker. */
function changeFor(deps: HealthDeps, one: Watched, call: CallReport): BreakerChange | undefined {
  const evidence = judgeCall(call.outcome);
  const now = deps.now();
  const owner = probeOf(one, call.jobId);
  if (owner !== undefined) {
    return probeEnd(evidence, { owner, now, random: deps.random() });
  }
  const { view } = one.breaker;
  const isCounting = (view?.state ?? 'closed') === 'closed' && call.startedMs >= (view?.since ?? 0);
  if (!isCounting || !isTrouble(one.meter, evidence, { jobId: call.jobId, now })) {
    return undefined;
  }
  one.meter.reset();
  const trip = { id: breakerId(one.where), now, random: deps.random(), trouble: evidence.trouble };
  return (breaker) => tripBreaker(breaker, trip);
}

function probeEnd(
  evidence: CallEvidence,
  probe: { readonly owner: string; readonly now: number; readonly random: number },
): BreakerChange {
  switch (evidence.kind) {
    case 'answers':
      return (breaker) => probeSucceeded(breaker, probe);
    case 'fault':
    case 'trouble':
      return (breaker) => probeFailed(breaker, { ...probe, trouble: evidence.trouble });
    case 'nothing':
      return (breaker) => releaseProbe(breaker, probe);
  }
}

function isTrouble(
  meter: FaultMeter,
  evidence: CallEvidence,
  call: { readonly jobId: string; readonly now: number },
): evidence is Extract<CallEvidence, { readonly kind: 'fault' | 'trouble' }> {
  switch (evidence.kind) {
    case 'answers':
      if (evidence.isCounted) {
        meter.add({ ...call, isFault: false });
      }
      return false;
    case 'fault':
      return meter.add({ ...call, isFault: true });
    case 'trouble':
      return true;
    case 'nothing':
      return false;
  }
}

async function refresh(deps: HealthDeps, one: Watched, quietly: QuietChanges): Promise<void> {
  const now = deps.now();
  const { probe, breaker } = one;
  if (probe !== undefined && now - probe.takenAt < deps.longestProbeMs) {
    await quietly(one, (current) => renewProbe(current, { owner: probe.owner, now }));
  }
  const isClosed = standingOf(breaker.view, now) === 'available';
  if (!isClosed) {
    // Another process may have opened it, on witnesses of its own.
    one.meter.reset();
  }
  if (now - one.readAt >= (isClosed ? closedAgeMs : trippedAgeMs)) {
    one.readAt = now;
    await quietly(one, undefined);
  }
}

/** Makes a change, or reads when there is none; a fault is logged, once until it works again. */
type QuietChanges = (one: Watched, change: BreakerChange | undefined) => Promise<void>;

function quietChanges(deps: HealthDeps): QuietChanges {
  let hasFailed = false;
  return async ({ breaker }, change) => {
    try {
      const isAsked = change === undefined ? breaker.refresh().then(() => true) : breaker.change(change);
      hasFailed = !(await isAsked) && hasFailed;
    } catch (error) {
      // The process goes on with what it knows, and writes with the next refresh.
      if (!hasFailed) {
        deps.logFault('sharing the breakers of the deployments', error);
      }
      hasFailed = true;
    }
  };
}

function toTripped({ where, breaker: { view } }: Watched): readonly TrippedDeployment[] {
  if (view === undefined || view.state === 'closed') {
    return [];
  }
  const { code = '', message = '', remedy = '' } = view.why ?? {};
  const { region, deployment } = where;
  return [
    { region, deployment, state: view.state, code, message, remedy, sinceMs: view.since, untilMs: probeDueAt(view) },
  ];
}

/** Renewals of a lease are no news. */
function tell(
  deps: HealthDeps,
  where: DeploymentName,
  { before, after }: { readonly before: Breaker | undefined; readonly after: Breaker },
): void {
  if (before?.state === after.state && before.since === after.since) {
    return;
  }
  deps.telemetry.record(eventNames.breaker, {
    [sluice.region]: where.region,
    [sluice.deployment]: where.deployment,
    [sluice.breakerBefore]: before?.state ?? 'closed',
    [sluice.breakerState]: after.state,
    [sluice.breakerOpenings]: after.openings,
    [sluice.breakerOpenMs]: after.state === 'closed' ? undefined : Math.max(0, probeDueAt(after) - after.since),
    [sluice.errorCode]: after.state === 'closed' ? undefined : after.why?.code,
  });
}
