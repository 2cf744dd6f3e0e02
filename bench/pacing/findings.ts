import { shareOfInterval, throttledWithin } from './measure.ts';
import { windowMs } from './plan-runs.ts';
import type { RunOutcome } from './run-outcome.ts';
import type { Finding } from './scenario.ts';

/** Every job completed, and none was called for twice. */
export function expectAllOnce(outcome: RunOutcome): readonly Finding[] {
  const { completed, jobs, repeated } = outcome;
  return [
    { what: `every job completed (${completed} of ${jobs})`, isMet: completed === jobs },
    { what: `no job admitted twice (${repeated})`, isMet: repeated === 0 },
  ];
}

export function expectNoThrottling({ regions }: RunOutcome): readonly Finding[] {
  return regions.map(({ region, throttled429 }) => ({
    what: `${region.window}: 0 × 429 (${throttled429})`,
    isMet: throttled429 === 0,
  }));
}

export function expectUtilisation({ regions }: RunOutcome, least: number): readonly Finding[] {
  return regions.map(({ region, utilisation }) => ({
    what: `${region.window}: utilisation ≥ ${least.toFixed(3)} (${utilisation.toFixed(3)})`,
    isMet: utilisation >= least,
  }));
}

/** What was disturbed is over: the last window of the measured interval is as full as any. */
export function expectRecovery({ regions, measured }: RunOutcome, least: number): readonly Finding[] {
  return regions.map(({ region, calls, steps }) => {
    const share = shareOfInterval(calls, steps, { fromMs: measured.toMs - windowMs, toMs: measured.toMs });
    const what = `${region.window}: share of the last minute ≥ ${least.toFixed(3)} (${share.toFixed(3)})`;
    return { what, isMet: share >= least };
  });
}

/** Where others are on the same limit, nobody can know it before the first answers. */
export function expectFewThrottled({ regions }: RunOutcome, mostPerThousand: number): readonly Finding[] {
  return regions.map(({ region, calls, throttled429 }) => {
    const perThousand = (throttled429 * 1000) / calls.length;
    const what = `${region.window}: at most ${mostPerThousand} × 429 in 1,000 calls (${perThousand.toFixed(1)})`;
    return { what, isMet: perThousand <= mostPerThousand };
  });
}

/** B1, as the service saw it: no window of any phase above the limit. */
export function expectBoundedWindows({ regions }: RunOutcome): readonly Finding[] {
  return regions.map(({ region, worstWindow }) => ({
    what: `${region.window}: worst window ≤ 1.000 (${worstWindow.toFixed(3)})`,
    isMet: worstWindow <= 1,
  }));
}

/** Processes but those named made calls. */
export function expectAllAtWork({ processes }: RunOutcome, except: readonly number[] = []): readonly Finding[] {
  const idle = processes.filter(({ calls }, index) => calls === 0 && !except.includes(index)).length;
  return [{ what: `every process made calls (${idle} made none)`, isMet: idle === 0 }];
}

/** 429s come only for so long after a limit was lowered: before it knows, the app cannot do better. */
export function expectThrottlingOnlyAfterLowering(outcome: RunOutcome, withinMs: number): readonly Finding[] {
  return outcome.regions.map(({ region, calls, throttled429 }) => {
    const early = outcome.loweredAt.reduce(
      (sum, at) => sum + throttledWithin(calls, { fromMs: at, toMs: at + withinMs }),
      0,
    );
    const other = throttled429 - early;
    const what = `${region.window}: no 429 but within ${withinMs / 1000} s of the lowering (${other} others, ${early} within)`;
    return { what, isMet: other === 0 };
  });
}

/** Somebody else's calls go through: it gets most of what it asks for. @param share what it asks for, of the limit */
export function expectNeighbourServed({ regions }: RunOutcome, share: number): readonly Finding[] {
  return regions.map(({ region, usage }) => {
    const got = usage === undefined ? 0 : usage.neighbour.admittedCost / usage.capacityTokens / share;
    const throttled = usage?.neighbour.throttled429 ?? 0;
    const what = `${region.window}: the neighbour got ≥ 90 % of its share (${(got * 100).toFixed(0)} %, ${throttled} × 429)`;
    return { what, isMet: got >= 0.9 };
  });
}
