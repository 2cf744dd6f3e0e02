import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BucketLimits } from '../../../shared/bucket/bucket-limits.ts';
import { openBucket } from '../../../shared/bucket/bucket-state.ts';
import { cosmosBucketStore } from '../../../shared/bucket/cosmos-bucket-store.ts';
import { planSlice } from '../../../shared/bucket/plan-slice.ts';
import { bucketStoreContract } from '../../contracts/bucket-store-contract.ts';
import { memoryBucketStore } from '../../fakes/memory-bucket-store.ts';
import { openCosmos } from '../../local/cosmos/open-cosmos.ts';

const deaf = (): void => undefined;

bucketStoreContract('buckets in Cosmos', async (context) => cosmosBucketStore((await openCosmos(context)).items, deaf));

const limits: BucketLimits = { tokensPerMinute: 5000, requestsPerMinute: 60, requestWindowSeconds: 10, share: 1 };

/** Slices that are planned on a state of some age: 0 is the newest that any of them was answered with. */
const step = fc.record({
  costs: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 }),
  afterMs: fc.nat(3000),
  age: fc.nat(3),
});

test('the condition of the patch decides as the bucket in memory does, whatever the workers know', async (context) => {
  const cosmos = cosmosBucketStore((await openCosmos(context)).items, deaf);
  let buckets = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
      const memory = memoryBucketStore();
      buckets += 1;
      const first = openBucket(`bucket-${buckets}`, limits, 0);
      const known = [first];
      await Promise.all([memory.open(first), cosmos.open(first)]);
      let now = 0;
      for (const { costs, afterMs, age } of steps) {
        now += afterMs;
        const plan = planSlice(known.at(-1 - age) ?? first, costs, now);
        const outcome = await cosmos.apply(plan);
        assert.deepEqual(outcome, await memory.apply(plan));
        known.push(...(outcome.kind === 'applied' ? [outcome.state] : []));
      }
    }),
    { numRuns: 60 },
  );
});
