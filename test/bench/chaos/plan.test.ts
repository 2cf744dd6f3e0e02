import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { placeOf, type PlannedFault } from '../../../bench/chaos/fault.ts';
import { faultKindNames } from '../../../bench/chaos/fault-kinds.ts';
import { planFaults } from '../../../bench/chaos/plan-faults.ts';
import { planJobs } from '../../../bench/chaos/plan-jobs.ts';

const site = {
  processes: 3,
  regions: ['eastus', 'swedencentral'],
  deployments: [{ region: 'eastus', name: 'gpt-4o' }],
  queues: ['jobs', 'pump'],
};

function planned(seed: number, durationMs = 180_000): readonly PlannedFault[] {
  return planFaults({ seed, durationMs, site, kinds: faultKindNames });
}

test('the same seed gives the same faults and the same jobs, another seed others', () => {
  const jobs = (seed: number) => planJobs({ seed, jobs: 200, durationMs: 60_000, startsAt: 1_000_000 });

  assert.deepEqual(planned(7), planned(7));
  assert.deepEqual(jobs(7), jobs(7));
  assert.notDeepEqual(planned(7), planned(8));
  assert.notDeepEqual(jobs(7), jobs(8));
});

test('a run of three minutes meets every kind of fault, and so does half a minute most of them', () => {
  const kindsIn = (faults: readonly PlannedFault[]): number => new Set(faults.map(({ kind }) => kind)).size;

  fc.assert(
    fc.property(fc.nat(), (seed) => {
      assert.equal(kindsIn(planned(seed)), faultKindNames.length);
      assert.ok(kindsIn(planned(seed, 30_000)) > faultKindNames.length / 2);
    }),
  );
});

test('every fault is healed before the faults end, and none meets another in its place', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 5000, max: 300_000 }), (seed, durationMs) => {
      const freeAt = new Map<string, number>();
      for (const fault of planned(seed, durationMs)) {
        const place = placeOf(fault);
        assert.ok(fault.atMs >= (freeAt.get(place) ?? 0), `${fault.kind} at ${fault.atMs}`);
        assert.ok(fault.atMs + fault.forMs <= durationMs);
        freeAt.set(place, fault.atMs + fault.forMs);
      }
    }),
  );
});

test('nothing is asked of the stack while it is down', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      let downUntil = 0;
      for (const { action, atMs, forMs } of planned(seed)) {
        assert.ok(action.on === 'process' || atMs >= downUntil);
        downUntil = action.on === 'stack' ? atMs + forMs : downUntil;
      }
    }),
  );
});

test('jobs come both ways, end in many ways, and keep their id when they are submitted twice', () => {
  const { jobs, strays } = planJobs({ seed: 1, jobs: 3000, durationMs: 60_000, startsAt: 0 });

  const submits = jobs.flatMap((job) => job.submits);
  assert.deepEqual(new Set(submits.map(({ way }) => way)), new Set(['http', 'intake', 'pool-queue']));
  assert.ok(submits.length > jobs.length);
  assert.deepEqual(
    new Set(jobs.flatMap(({ ends }) => ends)),
    new Set([
      'completed',
      'cancelled',
      'Expired',
      'ContentFiltered',
      'InvalidRequest',
      'ContextLengthExceeded',
      'UnknownModel',
    ]),
  );
  assert.equal(new Set(jobs.map(({ id }) => id)).size, jobs.length);
  assert.equal(strays.length, 30);
});
