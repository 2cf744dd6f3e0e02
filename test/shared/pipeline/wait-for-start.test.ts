import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedWaitMs } from '../../../shared/pipeline/expected-wait.ts';
import { waitForStart } from '../../../shared/pipeline/wait-for-start.ts';
import type { Pool } from '../../../shared/pools/pool.ts';
import { type PipelineRig, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';

const never = new AbortController().signal;
const bothRegions = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])];

function onlyPool(rig: PipelineRig): Pool {
  const [pool] = rig.pools;
  assert.ok(pool !== undefined);
  return pool;
}

test('a job starts within its reservation: not before its cell, and at most 100 ms after it', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const deps = rig.process();
  for (let job = 0; job < 20; job += 1) {
    const start = await rig.clock.run(waitForStart(deps, onlyPool(rig), () => 100, never));
    assert.ok(start.kind === 'start');
    assert.ok(rig.clock.now() >= start.reservation.startMs && rig.clock.now() <= start.reservation.latestMs);
  }
});

test('a start that was missed is thrown away and reserved again (B3)', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  let stalls = 2;
  const clock = {
    now: rig.clock.now,
    sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
      stalls -= 1;
      await rig.clock.sleep(stalls >= 0 ? ms + 3000 : ms, signal);
    },
  };

  const start = await rig.clock.run(waitForStart({ ...deps, clock }, onlyPool(rig), () => 1000, never));

  assert.ok(start.kind === 'start');
  assert.ok(rig.clock.now() <= start.reservation.latestMs);
  assert.equal(rig.buckets.current('east.gpt-4o-mini')?.tokens.total, 3000);
});

test('of two deployments that start a job equally soon the emptier one gets it', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const deps = rig.process();
  const used: string[] = [];
  for (let job = 0; job < 6; job += 1) {
    const start = await rig.clock.run(waitForStart(deps, onlyPool(rig), () => 500, never));
    used.push(start.kind === 'start' ? start.where.region : start.kind);
  }

  assert.equal(used.filter((region) => region === 'east').length, 3, used.join(' '));
});

test('a deployment that is closed, or too small for the job, is passed over; with none left the job is told', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const deps = rig.process();
  const costOf = ({ region }: { readonly region: string }): number => (region === 'west' ? 60_001 : 100);

  const open = await rig.clock.run(waitForStart(deps, onlyPool(rig), costOf, never));
  deps.health.close({ region: 'east', deployment: 'gpt-4o-mini' }, { code: '401', message: '' });

  assert.equal(open.kind === 'start' ? open.where.region : open.kind, 'east');
  assert.deepEqual(await rig.clock.run(waitForStart(deps, onlyPool(rig), costOf, never)), { kind: 'closed' });
});

test('an abort ends the wait at once, before the reservation and after it', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 1000 })] });
  const deps = rig.process();
  await rig.clock.run(waitForStart(deps, onlyPool(rig), () => 1000, never));
  const stop = new AbortController();
  const waiting = waitForStart(deps, onlyPool(rig), () => 1000, stop.signal);
  await rig.clock.advance(5000);
  const before = rig.clock.now();

  stop.abort();

  assert.deepEqual(await rig.clock.run(waiting), { kind: 'aborted' });
  assert.equal(rig.clock.now(), before);
  assert.deepEqual(await waitForStart(deps, onlyPool(rig), () => 1, AbortSignal.abort()), { kind: 'aborted' });
});

test('the expected wait is that of the bucket that starts the job the soonest', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const other = rig.process();
  assert.equal(await rig.clock.run(expectedWaitMs(rig.process(), onlyPool(rig), 100)), 0);
  for (const bucketId of ['east.gpt-4o-mini', 'west.gpt-4o-mini']) {
    await rig.clock.run(other.reserver.reserve({ bucketId, cost: 60_000 }, never));
  }
  const full = await rig.clock.run(expectedWaitMs(rig.process(), onlyPool(rig), 100));
  assert.ok(full > 55_000 && full < 65_000, String(full));

  await rig.clock.advance(70_000);
  assert.equal(await rig.clock.run(expectedWaitMs(rig.process(), onlyPool(rig), 100)), 0);
});
