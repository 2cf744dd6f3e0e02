import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fairOrder, ServedTenants } from '../../../shared/bucket/fair-order.ts';

const job = fc.record({
  tenant: fc.constantFrom('a', 'b', 'c', undefined),
  priority: fc.constantFrom('high' as const, 'normal' as const),
  cost: fc.integer({ min: 1, max: 1000 }),
});

test('every job is in the order once, high priority first, each tenant’s jobs as they came', () => {
  fc.assert(
    fc.property(fc.array(job, { maxLength: 40 }), (jobs) => {
      const ordered = fairOrder(jobs, new Map([['b', 500]]));
      assert.deepEqual(new Set(ordered), new Set(jobs));
      assert.equal(ordered.length, jobs.length);
      const firstNormal = ordered.findIndex(({ priority }) => priority === 'normal');
      const lastHigh = ordered.findLastIndex(({ priority }) => priority === 'high');
      assert.ok(firstNormal === -1 || lastHigh < firstNormal);
      for (const tenant of ['a', 'b', 'c', undefined]) {
        const own = (list: readonly (typeof jobs)[number][]) =>
          list.filter((one) => one.tenant === tenant && one.priority === 'normal');
        assert.deepEqual(own(ordered), own(jobs));
      }
    }),
  );
});

test('however many jobs one tenant has, another’s few are not behind them all', () => {
  const many = Array.from({ length: 90 }, () => ({ tenant: 'a', cost: 100 }));
  const few = Array.from({ length: 3 }, () => ({ tenant: 'b', cost: 100 }));

  const ordered = fairOrder([...many, ...few], new Map());

  assert.ok(ordered.findLastIndex(({ tenant }) => tenant === 'b') <= 6);
});

test('who was served of late waits for the others, until that is forgotten', () => {
  const served = new ServedTenants();
  served.at(0);
  served.add({ tenant: 'a', cost: 1000 });
  const jobs = [
    { tenant: 'a', cost: 10 },
    { tenant: 'b', cost: 10 },
  ];

  assert.equal(fairOrder(jobs, served.at(100))[0]?.tenant, 'b');
  assert.equal(fairOrder(jobs, served.at(300_000))[0]?.tenant, 'a');
});
