import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addBacklogs } from '../../../shared/pools/add-backlogs.ts';
import { describePools, type Pool, type PoolDeployment } from '../../../shared/pools/pool.ts';
import { jobsPerSecond, type PoolRate, poolRate } from '../../../shared/pools/pool-rate.ts';
import { regionOf } from '../../fakes/pipeline-rig.ts';

const regions = [
  regionOf('east', ['gpt-4o'], { tokensPerMinute: 60_000, requestsPerMinute: 600 }),
  regionOf('west', ['gpt-4o'], { tokensPerMinute: 120_000, requestsPerMinute: 1200 }),
];

function rateOf(pool: Pool, isUsable: (where: PoolDeployment) => boolean): PoolRate {
  return poolRate(pool, {
    isUsable,
    limitsOf: ({ settings: { tokensPerMinute, requestsPerMinute = Number.POSITIVE_INFINITY } }) => {
      return { tokensPerMinute, requestsPerMinute };
    },
  });
}

test('a pool starts what all its usable deployments start', () => {
  const [pool] = describePools({ regions, pools: undefined });
  assert.ok(pool !== undefined);

  assert.deepEqual(
    rateOf(pool, () => true),
    { tokensPerMs: 3, requestsPerMs: 0.03 },
  );
  assert.deepEqual(
    rateOf(pool, ({ region }) => region === 'east'),
    { tokensPerMs: 1, requestsPerMs: 0.01 },
  );
  assert.deepEqual(
    rateOf(pool, () => false),
    { tokensPerMs: 0, requestsPerMs: 0 },
  );
});

test('a quota that several deployments share is counted once', () => {
  const shared = regions.map((region) => ({
    ...region,
    deployments: region.deployments.map((one) => ({ ...one, tokensPerMinute: 60_000, limitGroup: 'global' })),
  }));
  const [pool] = describePools({ regions: shared, pools: undefined });
  assert.ok(pool !== undefined);

  assert.equal(rateOf(pool, () => true).tokensPerMs, 1);
});

test('the slower of tokens and requests says how many jobs start', () => {
  const rate = { tokensPerMs: 1, requestsPerMs: 0.01 };
  assert.equal(jobsPerSecond(rate, 500), 2);
  assert.equal(jobsPerSecond(rate, 10), 10);
});

test('several backlogs are one, and those that tell no cost are taken to cost as much as the others', () => {
  const silent = { countedAt: 1, messages: 5, costTokens: undefined };
  assert.deepEqual(addBacklogs([silent, { countedAt: 1, messages: 15, costTokens: 3000 }]), {
    countedAt: 1,
    messages: 20,
    costTokens: 4000,
  });
  assert.deepEqual(addBacklogs([silent, silent]), { countedAt: 1, messages: 10, costTokens: undefined });
  assert.deepEqual(addBacklogs([silent, { countedAt: 1, messages: 0, costTokens: undefined }]), silent);
});
