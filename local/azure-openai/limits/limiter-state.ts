import { LimitPlan, type Limits } from './limit-plan.ts';
import { MutableUse } from './limiter-use.ts';
import { Neighbour } from './neighbour.ts';
import { ProvisionedJudge } from './provisioned-judge.ts';
import type { Random } from '../seeded-random.ts';
import type { LoweredLimits, NeighbourSettings } from '../settings.ts';
import { type Call, type Judge, type LimiterShape, WindowJudge } from './window-judge.ts';
import { WindowPeaks, type PerWindow } from './window-peaks.ts';

/** Who makes a call: the callers whom the service knows, or the neighbour that it makes up. */
export type Caller = 'ours' | 'neighbour';

/** A call as a limiter judged it. */
export interface JudgedCall extends Call {
  /** Which window turned it away; empty when it was admitted. */
  readonly throttledBy: '' | 'tokens' | 'requests';
}

/** What a limiter is made of. */
export interface LimiterFacts {
  readonly shape: LimiterShape;
  readonly limits: Limits;
  readonly lowered: readonly LoweredLimits[];
  readonly neighbour: NeighbourSettings | undefined;
  /** Epoch milliseconds from which the times of `lowered` and `neighbour` count. */
  readonly startedAt: number;
  /** The neighbour's random numbers, from their beginning. */
  readonly neighbourRandom: () => Random;
  readonly recorder: LimiterRecorder;
}

/** Told of what callers cannot know. */
export interface LimiterRecorder {
  readonly neighbourCalled: (call: JudgedCall) => void;
  readonly peaked: (of: 'ours' | 'everybody', fullest: PerWindow) => void;
}

/** What a limiter holds, from its start or its last reset on. */
export interface LimiterState {
  readonly plan: LimitPlan;
  readonly judge: Judge;
  readonly uses: Readonly<Record<Caller, MutableUse>>;
  readonly peaks: Readonly<Record<'ours' | 'everybody', WindowPeaks>>;
  neighbour: Neighbour | undefined;
}

export function beginState(facts: LimiterFacts, startedAt: number): LimiterState {
  const { limits, lowered, neighbour, shape } = facts;
  const lengths = { tokenMs: shape.tokenWindowMs, requestMs: shape.requestWindowSeconds * 1000 };
  return {
    plan: new LimitPlan({ usual: limits, lowered, startedAt }),
    judge: shape.bucketMs === undefined ? new WindowJudge(shape) : new ProvisionedJudge(shape, limits),
    uses: { ours: new MutableUse(), neighbour: new MutableUse() },
    peaks: { ours: new WindowPeaks(lengths), everybody: new WindowPeaks(lengths) },
    neighbour: neighbour === undefined ? undefined : beginNeighbour({ facts, settings: neighbour, limits, startedAt }),
  };
}

export function beginNeighbour(parts: {
  readonly facts: LimiterFacts;
  readonly settings: NeighbourSettings;
  readonly limits: Limits;
  readonly startedAt: number;
}): Neighbour {
  const { facts, limits, settings, startedAt } = parts;
  const { requestWindowSeconds, tokenWindowMs } = facts.shape;
  const neighbour = new Neighbour({
    settings,
    random: facts.neighbourRandom(),
    since: startedAt,
    windowMs: Math.max(tokenWindowMs, requestWindowSeconds * 1000),
  });
  neighbour.follow(startedAt, limits.tokensPerMinute / tokenWindowMs);
  return neighbour;
}
