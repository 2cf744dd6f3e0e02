import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Container, CosmosClient } from '@azure/cosmos';
import type { BucketLimits } from '../../shared/bucket/bucket-limits.ts';
import { openBucket } from '../../shared/bucket/bucket-state.ts';
import { cosmosBucketStore } from '../../shared/bucket/cosmos-bucket-store.ts';
import { planSlice } from '../../shared/bucket/plan-slice.ts';
import { createReserver } from '../../shared/bucket/reserver.ts';
import { cosmosJobStore } from '../../shared/jobs/cosmos-job-store.ts';
import { completeJob } from '../../shared/jobs/job-transitions.ts';
import { claimDelivery } from '../../shared/pipeline/claim-delivery.ts';
import { saveJob } from '../../shared/pipeline/save-job.ts';
import { digestOf } from '../../shared/pipeline/read-message.ts';
import { type CuttingProxy, startCuttingProxy } from '../fakes/cutting-proxy.ts';
import { exactClock } from '../fakes/fake-clock.ts';
import { chatJob, pipelineRig } from '../fakes/pipeline-rig.ts';
import { key, openCosmos } from '../local/cosmos/open-cosmos.ts';

interface Wire {
  readonly proxy: CuttingProxy;
  /** A container, over the wire that is cut. */
  readonly far: Container;
  /** The same, over a wire of its own. */
  readonly near: Container;
}

async function openWire(context: TestContext): Promise<Wire> {
  const { cosmos, items } = await openCosmos(context);
  const proxy = await startCuttingProxy(cosmos.port);
  const client = new CosmosClient({
    endpoint: `http://127.0.0.1:${proxy.port}/`,
    key,
    // The account tells its own address; everything has to pass here.
    connectionPolicy: {
      enableEndpointDiscovery: false,
      requestTimeout: 2000,
      retryOptions: { maxRetryAttemptCount: 0 },
    },
  });
  context.after(async () => {
    client.dispose();
    await proxy.stop();
  });
  const far = client.database('app').container('items');
  await far.item('warm', 'warm').read();
  return { proxy, far, near: items };
}

/** A claimed job's parts, as a delivery of its message finds them, on a store of the test's choice. */
async function delivered(far: Container) {
  const rig = pipelineRig();
  const deps = { ...rig.process(), jobs: cosmosJobStore(far), clock: { now: Date.now, sleep: sleepQuietly } };
  const envelope = chatJob('Hi', { id: 'a' });
  const [pool] = rig.pools;
  assert.ok(pool !== undefined);
  rig.queue.put('jobs', envelope);
  const job = { id: 'a', envelope, digest: await digestOf(deps, envelope), requestRef: undefined };
  const claim = async () => {
    const [message] = await rig.queue.receive('jobs', 1, 0);
    assert.ok(message !== undefined);
    return claimDelivery(deps, { pool, job, message, owner: deps.newId() });
  };
  return { deps, claim };
}

async function sleepQuietly(ms: number): Promise<void> {
  await sleep(Math.max(0, ms));
}

for (const when of ['before', 'after'] as const) {
  test(`a claim whose wire is cut ${when} its write is the delivery's own`, async (context) => {
    const { proxy, far, near } = await openWire(context);
    const { claim } = await delivered(far);
    proxy.cutNext({ when, method: 'POST' });

    const claimed = await claim();

    assert.equal(proxy.cuts(), 1);
    assert.ok(claimed.kind === 'claimed');
    assert.deepEqual((await cosmosJobStore(near).read('a'))?.document.claim, claimed.claim);
  });

  test(`a result whose wire is cut ${when} its write is recorded once (J1)`, async (context) => {
    const { proxy, far, near } = await openWire(context);
    const { deps, claim } = await delivered(far);
    const claimed = await claim();
    assert.ok(claimed.kind === 'claimed');
    const next = completeJob(claimed.stored.document, {}, { now: 1, ttlSeconds: undefined });
    proxy.cutNext({ when, method: 'PUT' });

    const saved = await saveJob(deps, { stored: claimed.stored, next, signal: new AbortController().signal });

    assert.equal(proxy.cuts(), 1);
    assert.equal(saved.kind, 'saved');
    assert.equal((await cosmosJobStore(near).read('a'))?.document.state, 'completed');
  });

  test(`a slice whose wire is cut ${when} its write is unknown, and is never sent again by the store`, async (context) => {
    const { proxy, far, near } = await openWire(context);
    const empty = openBucket('east', limits, Date.now());
    await cosmosBucketStore(near, () => undefined).open(empty);
    proxy.cutNext({ when, method: 'PATCH' });

    const outcome = await cosmosBucketStore(far, () => undefined).apply(planSlice(empty, [100], Date.now()));

    assert.equal(proxy.cuts(), 1);
    assert.deepEqual(outcome, { kind: 'unknown' });
    const read = await cosmosBucketStore(near, () => undefined).read('east');
    assert.equal(read.kind === 'found' ? read.state.tokens.total : undefined, when === 'after' ? 100 : 0);
  });

  test(`a job whose reservation is cut ${when} its write starts on another one (B1)`, async (context) => {
    const { proxy, far, near } = await openWire(context);
    const store = cosmosBucketStore(far, () => undefined);
    const reserver = createReserver({
      clock: exactClock({ now: Date.now, sleep: sleepQuietly }),
      store,
      random: Math.random,
      limits: new Map([['east', limits]]),
    });
    const signal = new AbortController().signal;
    await reserver.awaitStart({ bucketId: 'east', cost: 1 }, signal);
    proxy.cutNext({ when, method: 'PATCH' });

    const turn = await reserver.awaitStart({ bucketId: 'east', cost: 100 }, signal);

    assert.equal(proxy.cuts(), 1);
    assert.equal(turn.kind, 'start');
    const read = await cosmosBucketStore(near, () => undefined).read('east');
    // What may have been written counts as written: it is booked beside the one that the job starts on.
    assert.equal(read.kind === 'found' ? read.state.tokens.total : undefined, when === 'after' ? 201 : 101);
  });

  test(`a read whose wire is cut ${when} it is made again`, async (context) => {
    const { proxy, far, near } = await openWire(context);
    await (await delivered(near)).claim();
    proxy.cutNext({ when, method: 'GET' });

    assert.equal((await cosmosJobStore(far).read('a'))?.document.id, 'a');
    assert.equal(proxy.cuts(), 1);
  });
}

const limits: BucketLimits = { tokensPerMinute: 100_000, requestsPerMinute: 600, requestWindowSeconds: 10, share: 1 };

test('a Cosmos that is not there is unavailable, and the call may be made again', async (context) => {
  const { proxy, far } = await openWire(context);
  await proxy.stop();

  await assert.rejects(cosmosJobStore(far).read('a'), { code: 'cosmos.unavailable', isRetryable: true });
  assert.equal((await cosmosBucketStore(far, () => undefined).read('east')).kind, 'unavailable');
  const plan = planSlice(openBucket('east', limits, 0), [1], 0);
  assert.equal((await cosmosBucketStore(far, () => undefined).apply(plan)).kind, 'unavailable');
});

test('a container that is not there is refused by name, and not asked again', async (context) => {
  const { client } = await openCosmos(context);
  const missing = client.database('app').container('missing');

  await assert.rejects(cosmosJobStore(missing).create(openJob()), { code: 'cosmos.refused', isRetryable: false });
  await assert.rejects(cosmosJobStore(missing).list({}, { size: 1 }), { code: 'cosmos.refused' });
});

test('a document that a newer version wrote is unreadable, and the error names it', async (context) => {
  const { items } = await openCosmos(context);
  await items.items.create({ ...openJob(), v: 2 });

  const unreadable = { code: 'cosmos.unreadable', message: /items\/a/u };
  await assert.rejects(cosmosJobStore(items).read('a'), unreadable);
  await assert.rejects(cosmosJobStore(items).list({}, { size: 10 }), unreadable);
});

function openJob() {
  return { id: 'a', v: 1, state: 'queued', pool: 'p', model: 'm', digest: 'd', createdAt: 0, epoch: 0 } as const;
}
