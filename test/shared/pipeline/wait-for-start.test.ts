import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedWaitMs } from '../../../shared/pipeline/expected-wait.ts';
import { type StartWish, waitForStart } from '../../../shared/pipeline/wait-for-start.ts';
import type { Pool } from '../../../shared/pools/pool.ts';
import { type PipelineRig, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { tripDeployment } from '../../fakes/trip-deployment.ts';

const never = new AbortController().signal;
const bothRegions = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])];

function costing(tokens: number): StartWish {
  return { jobId: 'a', costOf: () => tokens };
}

function onlyPool(rig: PipelineRig): Pool {
  const [pool] = rig.pools;
  assert.ok(pool !== undefined);
  return pool;
}

test('jobs start when the window has room for them, one after the other', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const deps = rig.process();
  const begin = rig.clock.now();
  for (let job = 0; job < 20; job += 1) {
    const start = await rig.clock.run(waitForStart(deps, onlyPool(rig), costing(100), never));
    assert.equal(start.kind, 'start');
  }
  // Ten of them fill a window of the service, so the last of twenty starts when the first have left it.
  assert.ok(rig.clock.now() - begin >= 60_000 && rig.clock.now() - begin < 70_000);
});

test('a start that was missed is thrown away and reserved again (B3)', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  let misses = 2;
  const missing: typeof deps.reserver = {
    ...deps.reserver,
    awaitStart: async (request, signal) => {
      const turn = await deps.reserver.awaitStart(request, signal);
      misses -= 1;
      return misses >= 0 ? { kind: 'again' } : turn;
    },
  };

  const start = await rig.clock.run(waitForStart({ ...deps, reserver: missing }, onlyPool(rig), costing(1000), never));

  assert.equal(start.kind, 'start');
  assert.equal(rig.buckets.current('east.gpt-4o-mini')?.tokens.total, 3000);
});

test('of two deployments that start a job equally soon the emptier one gets it', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const deps = rig.process();
  const used: string[] = [];
  for (let job = 0; job < 6; job += 1) {
    const start = await rig.clock.run(waitForStart(deps, onlyPool(rig), costing(500), never));
    used.push(start.kind === 'start' ? start.where.region : start.kind);
  }

  assert.equal(used.filter((region) => region === 'east').length, 3, used.join(' '));
});

test('a pool in listed order fills its first region, and goes on to the next when that is reserved far ahead', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const deps = rig.process();
  const listed: Pool = { ...onlyPool(rig), order: 'listed' };
  const regionsOf = async (jobs: number, cost: number): Promise<readonly string[]> => {
    const used: string[] = [];
    for (let job = 0; job < jobs; job += 1) {
      const start = await rig.clock.run(waitForStart(deps, listed, costing(cost), never));
      used.push(start.kind === 'start' ? start.where.region : start.kind);
    }
    return used;
  };

  assert.deepEqual(await regionsOf(4, 500), ['east', 'east', 'east', 'east']);
  assert.deepEqual(await regionsOf(2, 58_000), ['east', 'west']);
});

test('a deployment whose bucket does not answer is chosen last', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const deps = rig.process();
  const reserver = { ...deps.reserver, isHealthy: (id: string) => id !== 'east.gpt-4o-mini' };
  for (let job = 0; job < 4; job += 1) {
    const start = await rig.clock.run(waitForStart({ ...deps, reserver }, onlyPool(rig), costing(10_000), never));
    assert.equal(start.kind === 'start' ? start.where.region : start.kind, 'west');
  }
});

test('a deployment that is closed, or too small for the job, is passed over; with none left the job is told', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const deps = rig.process();
  const costOf = ({ region }: { readonly region: string }): number => (region === 'west' ? 60_001 : 100);

  const open = await rig.clock.run(waitForStart(deps, onlyPool(rig), { jobId: 'a', costOf }, never));
  tripDeployment(deps, 'east');

  assert.equal(open.kind === 'start' ? open.where.region : open.kind, 'east');
  assert.deepEqual(await rig.clock.run(waitForStart(deps, onlyPool(rig), { jobId: 'a', costOf }, never)), {
    kind: 'closed',
  });
});

test('an abort ends the wait at once, before the reservation and after it', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const deps = rig.process();
  await rig.clock.run(waitForStart(deps, onlyPool(rig), costing(1000), never));
  const stop = new AbortController();
  const waiting = waitForStart(deps, onlyPool(rig), costing(1000), stop.signal);
  await rig.clock.advance(5000);
  const before = rig.clock.now();

  stop.abort();

  assert.deepEqual(await rig.clock.run(waiting), { kind: 'aborted' });
  assert.equal(rig.clock.now(), before);
  assert.deepEqual(await waitForStart(deps, onlyPool(rig), costing(1), AbortSignal.abort()), { kind: 'aborted' });
});

test('the expected wait is that of the bucket that starts the job the soonest', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const other = rig.process();
  assert.equal(await rig.clock.run(expectedWaitMs(rig.process(), onlyPool(rig), 100)), 0);
  for (const bucketId of ['east.gpt-4o-mini', 'west.gpt-4o-mini']) {
    await rig.clock.run(other.reserver.awaitStart({ bucketId, cost: 60_000 }, never));
  }
  const full = await rig.clock.run(expectedWaitMs(rig.process(), onlyPool(rig), 100));
  assert.ok(full > 55_000 && full < 65_000, String(full));

  await rig.clock.advance(70_000);
  assert.equal(await rig.clock.run(expectedWaitMs(rig.process(), onlyPool(rig), 100)), 0);
});
