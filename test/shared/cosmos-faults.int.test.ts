import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Container } from '@azure/cosmos';
import { CosmosFaults, faultStatuses } from '../../local/cosmos/cosmos-faults.ts';
import { startCosmos } from '../../local/cosmos/start-cosmos.ts';
import { openBucket } from '../../shared/bucket/bucket-state.ts';
import { cosmosBucketStore } from '../../shared/bucket/cosmos-bucket-store.ts';
import { planSlice } from '../../shared/bucket/plan-slice.ts';
import { cosmosJobStore } from '../../shared/jobs/cosmos-job-store.ts';
import { key, openClient, temporaryFolder } from '../local/cosmos/open-cosmos.ts';

const job = { id: 'a', v: 1, state: 'queued', pool: 'p', model: 'm', digest: 'd', createdAt: 0, epoch: 0 } as const;

async function openFaulty(context: TestContext): Promise<{ readonly faults: CosmosFaults; readonly items: Container }> {
  const faults = new CosmosFaults(0);
  const cosmos = await startCosmos({
    port: 0,
    databasePath: join(temporaryFolder(context), 'cosmos.db'),
    key,
    databases: [{ id: 'app', containers: [{ id: 'items', partitionKeyPath: '/id' }] }],
    faults,
  });
  context.after(async () => cosmos.stop());
  return { faults, items: openClient(context, cosmos).database('app').container('items') };
}

for (const status of faultStatuses) {
  test(`a write that is answered ${status} is made again`, async (context) => {
    const { faults, items } = await openFaulty(context);
    faults.book.add({ status, retryAfterMs: 0, operations: ['create'], count: 1 });

    const created = await cosmosJobStore(items).create(job);

    assert.equal(typeof created, 'object');
    assert.equal(faults.book.list()[0]?.taken, 1);
  });

  test(`a reservation that is answered ${status} is given up, not refused for good`, async (context) => {
    const { faults, items } = await openFaulty(context);
    const limits = { tokensPerMinute: 100_000, requestsPerMinute: 600, requestWindowSeconds: 10, share: 1 } as const;
    const store = cosmosBucketStore(items, () => undefined);
    faults.book.add({ status, retryAfterMs: 0 });

    const applied = await store.apply(planSlice(openBucket('east', limits, 0), [1], 0));

    assert.ok(['unavailable', 'unknown'].includes(applied.kind), applied.kind);
  });
}
