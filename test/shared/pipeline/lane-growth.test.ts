import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import { startApp } from '../../fakes/app-process.ts';
import { chatJob, type PipelineRig, pipelineRig, regionOf, type RigSettings } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';

const callMs = 5000;
const largeQuota = { tokensPerMinute: 6_000_000, requestsPerMinute: 60_000 };
const window = { pullWindowMs: 30_000, pullAheadMs: 2000, idleMs: 5000, maxJobsInHand: 10 };

/** Calls take five seconds, and a pump holds ten jobs: it drains two a second. */
function rigWith(
  quota: { readonly tokensPerMinute: number; readonly requestsPerMinute: number },
  more: RigSettings = {},
) {
  const rig: PipelineRig = pipelineRig({
    regions: [regionOf('east', ['gpt-4o-mini'], quota)],
    script: async () => {
      await rig.clock.sleep(callMs);
      return completedWith('Hello');
    },
    ...more,
    settings: { lanes: 6, pump: window, ...more.settings },
  });
  return rig;
}

function putJobs(rig: PipelineRig, count: number): void {
  for (let job = 0; job < count; job += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `job-${job}` }));
  }
}

function busyLanes(rig: PipelineRig): readonly string[] {
  return rig.lanes.all().flatMap(({ id, state, until }) => (state !== 'idle' && until > rig.clock.now() ? [id] : []));
}

/** The most lanes that were armed or running at once while time passed. */
async function mostLanesWithin(rig: PipelineRig, ms: number): Promise<number> {
  let most = 0;
  for (let passed = 0; passed < ms; passed += 500) {
    await rig.clock.advance(500);
    most = Math.max(most, busyLanes(rig).length);
  }
  return most;
}

test('lanes grow while one pump cannot drain what waits, and none is left within a minute of the last job', async () => {
  const rig = rigWith(largeQuota);
  putJobs(rig, 600);
  for (let process = 0; process < 4; process += 1) {
    startApp(rig);
  }

  assert.equal(await mostLanesWithin(rig, 40_000), 6);
  let passedMs = 0;
  while (rig.jobs.all().filter(({ state }) => state === 'completed').length < 600) {
    await rig.clock.advance(1000);
    passedMs += 1000;
    assert.ok(passedMs < 200_000, 'the jobs are done in a sixth of the time that one pump would take');
  }
  await rig.clock.advance(60_000);

  assert.deepEqual(busyLanes(rig), []);
  assert.equal((await rig.queue.receive('pump', 10, 0)).length, 0);
});

test('lanes stay below what the quota can feed, however much waits', async () => {
  // Three jobs a second, of which one pump drains two.
  const rig = rigWith({ tokensPerMinute: 6_000_000, requestsPerMinute: 180 });
  putJobs(rig, 700);
  for (let process = 0; process < 4; process += 1) {
    startApp(rig);
  }

  const most = await mostLanesWithin(rig, 120_000);

  assert.ok(most >= 2 && most <= 3, String(most));
});

test('a pump whose lane is one too many ends with its window, and the first goes on', async () => {
  const rig = rigWith(largeQuota);
  putJobs(rig, 260);
  for (let process = 0; process < 4; process += 1) {
    startApp(rig);
  }
  assert.ok((await mostLanesWithin(rig, 20_000)) > 2);

  // What is left now comes slowly.
  for (let second = 0; second < 120; second += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `slow-${second}` }));
    await rig.clock.advance(1000);
  }

  assert.deepEqual(busyLanes(rig), ['lane-0']);
});

test('as many lanes run as there should be at least, with little work too', async () => {
  const rig = rigWith(largeQuota, { settings: { lanes: 6, leastLanes: 3, pump: window } });
  startApp(rig);
  startApp(rig);
  putJobs(rig, 30);

  await rig.clock.advance(14_000);

  assert.deepEqual(busyLanes(rig), ['lane-0', 'lane-1', 'lane-2']);
});

test('a pump goes on, and hands its lane on, while nobody tells what waits', async () => {
  const away = new AppError('test.away', 'The service is away.', { isRetryable: true });
  const rig = rigWith(largeQuota);
  putJobs(rig, 200);
  startApp(rig, new ProcessLife(({ name }) => (name === 'queue.backlog' ? away : 'go')));

  await rig.clock.advance(200_000);

  assert.equal(rig.jobs.all().filter(({ state }) => state === 'completed').length, 200);
  assert.ok(rig.faults.some((fault) => fault.includes('more lanes')));
  assert.deepEqual(busyLanes(rig), []);
});
