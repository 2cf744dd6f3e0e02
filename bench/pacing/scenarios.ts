import type { LoadShape } from './load-shape.ts';
import {
  expectAllAtWork,
  expectAllOnce,
  expectBoundedWindows,
  expectFewThrottled,
  expectNeighbourServed,
  expectNoThrottling,
  expectRecovery,
  expectThrottlingOnlyAfterLowering,
  expectUtilisation,
} from './findings.ts';
import type { RunOutcome } from './run-outcome.ts';
import type { Finding, Scenario } from './scenario.ts';

/** Fast models with a long tail: calls last 0.4 to 4 s, a few of them up to eight times as long. */
const latency = { firstTokenMs: 300, tokensPerSecond: 120, tailProbability: 0.03, tailFactor: 8 };

/** The load of the simulations: a mean of about 1,200 tokens, the largest 16,000. */
const usualShape: LoadShape = {
  costs: { kind: 'log-normal', meanTokens: 1200, sigma: 0.9, leastTokens: 60, mostTokens: 16_000 },
  outputShare: 0.4,
  used: { least: 0.3, most: 1 },
  mostAnswerTokens: 480,
};

const largeQuota = { tokensPerMinute: 1_000_000, requestsPerMinute: 6000 };
/** Where many runs share a machine: a third of the calls. */
const middleQuota = { tokensPerMinute: 300_000, requestsPerMinute: 1800 };
const usual = { latency, shape: usualShape, quota: middleQuota, processes: [4], windows: 3 };

/** The simulation at 1M gives .975 at the least; real processes may stay one point below it. */
const steadyUtilisation = 0.965;
const smallQuotaUtilisation = 0.92;
const middleUtilisation = 0.95;
const recoveredShare = 0.9;

/** How long calls that are under way, or have their start already, may meet a limit that nobody knows yet, in ms. */
const surprisedMs = 5000;

/** @param idle processes that are to make no call */
function expectPaced(least: number, idle: readonly number[] = []): (outcome: RunOutcome) => readonly Finding[] {
  return (outcome) => [
    ...expectAllOnce(outcome),
    ...expectNoThrottling(outcome),
    ...expectBoundedWindows(outcome),
    ...expectUtilisation(outcome, least),
    ...expectAllAtWork(outcome, idle),
  ];
}

const steady: Scenario = {
  ...usual,
  name: 'steady',
  about: 'idle, then saturated: 1M tokens a minute in each region, jobs of 1,200 tokens on average, 16k at the most',
  quota: largeQuota,
  processes: [1, 4, 8],
  expect: expectPaced(steadyUtilisation),
};

const smallQuota: Scenario = {
  ...usual,
  name: 'small-quota',
  about: 'the everyday quota of 80k with jobs of 6k to 9k: a dozen jobs fill a window',
  quota: { tokensPerMinute: 80_000, requestsPerMinute: 480 },
  shape: { ...usualShape, costs: { kind: 'uniform', leastTokens: 6000, mostTokens: 9000 } },
  processes: [1, 4, 8],
  expect: (outcome) => [
    ...expectAllOnce(outcome),
    ...expectNoThrottling(outcome),
    ...expectBoundedWindows(outcome),
    ...expectUtilisation(outcome, smallQuotaUtilisation),
  ],
};

const burst: Scenario = {
  ...usual,
  name: 'burst',
  about: 'a few jobs, then silence for longer than a window, then two windows of jobs at once',
  windows: 2,
  idleFirstMs: 65_000,
  expect: expectPaced(middleUtilisation),
};

const bimodal: Scenario = {
  ...usual,
  name: 'bimodal',
  about: 'nine jobs in ten cost 400 tokens, the tenth 8,400',
  shape: {
    ...usualShape,
    costs: { kind: 'two-sizes', smallTokens: 400, largeTokens: 8400, largeShare: 0.1 },
  },
  expect: expectPaced(middleUtilisation),
};

const overestimate: Scenario = {
  ...usual,
  name: 'overestimate',
  about: 'max_tokens is 20 times what an answer uses: the service books what was asked for, and so must we',
  shape: { ...usualShape, outputShare: 0.8, used: { least: 0.05, most: 0.05 } },
  expect: expectPaced(middleUtilisation),
};

const limitHalved: Scenario = {
  ...usual,
  name: 'limit-halved',
  about: 'the service halves both limits without a word after a minute, and restores them a minute later',
  disturbances: [{ kind: 'lower-limit', afterMs: 60_000, forMs: 60_000, factor: 0.5 }],
  expect: (outcome) => [
    ...expectAllOnce(outcome),
    ...expectThrottlingOnlyAfterLowering(outcome, surprisedMs),
    // No aim for the minute between: a window that is full when it is halved admits nothing for half its length.
    ...expectRecovery(outcome, recoveredShare),
    ...expectAllAtWork(outcome),
  ],
};

const workerKilled: Scenario = {
  ...usual,
  name: 'worker-killed',
  about: 'one process is killed in the second window, with jobs in hand, and stays away',
  disturbances: [{ kind: 'kill-process', afterMs: 80_000, process: 0 }],
  // Calls under way when it dies are made again: they may be admitted twice.
  expect: (outcome) => [
    ...expectAllOnce({ ...outcome, repeated: 0 }),
    ...expectNoThrottling(outcome),
    ...expectBoundedWindows(outcome),
    ...expectUtilisation(outcome, 0.9),
  ],
};

const clockSkew: Scenario = {
  ...usual,
  name: 'clock-skew',
  about: "one process's clock is 2 s fast: it must exclude itself, and the others take its share",
  skewedClock: { process: 0, seconds: 2 },
  expect: (outcome) => {
    const skewed = outcome.processes[0];
    return [
      ...expectPaced(middleUtilisation, [0])(outcome),
      {
        what: `the process with the wrong clock made no call (${skewed?.calls ?? 0})`,
        isMet: skewed?.calls === 0,
      },
      {
        what: `its health names the clock (${JSON.stringify(skewed?.health)?.slice(0, 200)})`,
        isMet: /clock/iu.test(JSON.stringify(skewed?.health) ?? ''),
      },
    ];
  },
};

const lyingRetryAfter: Scenario = {
  ...usual,
  name: 'lying-retry-after',
  about: 'limits halved for half a minute; 429s say "retry-after: 1" in one region and 86400 in the other',
  faces: {
    sliding: { lies: { retryAfterSeconds: 1, retryAfterMs: 0 } },
    fixed: { lies: { retryAfterSeconds: 86_400, retryAfterMs: 86_400_000 } },
  },
  disturbances: [{ kind: 'lower-limit', afterMs: 60_000, forMs: 30_000, factor: 0.5 }],
  expect: (outcome) => [
    ...expectAllOnce(outcome),
    ...expectThrottlingOnlyAfterLowering(outcome, surprisedMs),
    ...expectRecovery(outcome, recoveredShare),
  ],
};

const neighbourShare = 0.3;

const noisyNeighbour: Scenario = {
  ...usual,
  name: 'noisy-neighbour',
  about: 'somebody else eats 30 % of both quotas; utilisation is of what is left',
  neighbourShare,
  expect: (outcome) => [
    ...expectAllOnce(outcome),
    ...expectFewThrottled(outcome, 5),
    ...expectNeighbourServed(outcome, neighbourShare),
    ...expectUtilisation(outcome, 0.85),
    ...expectAllAtWork(outcome),
  ],
};

export const scenarios: readonly Scenario[] = [
  steady,
  smallQuota,
  burst,
  bimodal,
  overestimate,
  limitHalved,
  workerKilled,
  clockSkew,
  lyingRetryAfter,
  noisyNeighbour,
];
