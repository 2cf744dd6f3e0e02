import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type LaneDemand, wantedLanes } from '../../../shared/lanes/wanted-lanes.ts';

const rate = fc.double({ min: 0, max: 5000, noNaN: true });
const pools = fc.array(fc.record({ backlogJobs: fc.integer({ min: 0, max: 1_000_000 }), quotaJobsPerSecond: rate }), {
  maxLength: 5,
});
const demands: fc.Arbitrary<LaneDemand> = fc.record({
  pools,
  drainPerSecond: fc.option(fc.double({ min: 0, max: 500, noNaN: true }), { nil: undefined }),
  leastLanes: fc.integer({ min: 1, max: 3 }),
  mostLanes: fc.integer({ min: 3, max: 64 }),
});

/** One pool, of which one pump drains ten jobs a second. */
function demand(backlogJobs: number, quotaJobsPerSecond: number): LaneDemand {
  return { pools: [{ backlogJobs, quotaJobsPerSecond }], drainPerSecond: 10, leastLanes: 1, mostLanes: 8 };
}

test('W1: there is no lane without work, and one at least with it', () => {
  fc.assert(
    fc.property(demands, (one) => {
      const isWork = one.pools.some(({ backlogJobs }) => backlogJobs > 0);
      const wanted = wantedLanes(one);
      assert.ok(isWork ? wanted >= one.leastLanes : wanted === 0);
      assert.ok(wanted <= one.mostLanes);
    }),
  );
});

test('W2: there are never more lanes than the quota feeds', () => {
  fc.assert(
    fc.property(demands, (one) => {
      const quota = one.pools.reduce((sum, { quotaJobsPerSecond }) => sum + quotaJobsPerSecond, 0);
      const others = wantedLanes(one) - 1;
      assert.ok(others < one.leastLanes || others * (one.drainPerSecond ?? 0) < quota);
    }),
  );
});

test('W3: more work, or more quota, never makes fewer lanes', () => {
  fc.assert(
    fc.property(demands, fc.nat(4), fc.integer({ min: 0, max: 100_000 }), rate, (one, index, jobs, perSecond) => {
      const more = one.pools.map((pool, place) =>
        place === index
          ? { backlogJobs: pool.backlogJobs + jobs, quotaJobsPerSecond: pool.quotaJobsPerSecond + perSecond }
          : pool,
      );
      assert.ok(wantedLanes({ ...one, pools: more }) >= wantedLanes(one));
    }),
  );
});

test('lanes grow with what waits, as far as the quota goes', () => {
  assert.equal(wantedLanes(demand(100, 1000)), 1);
  assert.equal(wantedLanes(demand(900, 1000)), 3);
  assert.equal(wantedLanes(demand(1_000_000, 1000)), 8);
  assert.equal(wantedLanes(demand(1_000_000, 35)), 4);
  assert.equal(wantedLanes(demand(1_000_000, 3)), 1);
});

test('a long backlog of a small quota makes no lanes for another pool', () => {
  const full = { backlogJobs: 1_000_000, quotaJobsPerSecond: 1 };
  const short = { backlogJobs: 3, quotaJobsPerSecond: 1000 };
  assert.equal(wantedLanes({ pools: [full, short], drainPerSecond: 10, leastLanes: 1, mostLanes: 8 }), 1);
});

test('before any job has ended nothing is known, and one lane has to do', () => {
  assert.equal(wantedLanes({ ...demand(1_000_000, 1000), drainPerSecond: undefined }), 1);
  assert.equal(wantedLanes({ ...demand(1_000_000, 1000), drainPerSecond: undefined, leastLanes: 2 }), 2);
});
