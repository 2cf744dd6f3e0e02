import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PoolIntake } from '../../../shared/pipeline/pool-intake.ts';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import { type PipelineRig, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
import { AppError } from '../../../shared/errors.ts';
import { tripDeployment } from '../../fakes/trip-deployment.ts';

const never = new AbortController().signal;

/** 60,000 tokens a minute and two seconds ahead: two jobs of the 1,000 tokens that are assumed at first. */
function open(settings: Parameters<typeof pipelineRig>[0] = {}, life = new ProcessLife()) {
  const rig: PipelineRig = pipelineRig(settings);
  const deps: PipelineDeps = rig.process(life);
  const [pool] = rig.pools;
  assert.ok(pool !== undefined);
  return { rig, deps, pool, intake: new PoolIntake(pool, deps) };
}

test('a pool is pulled for a few seconds of its quota, less what waits already', () => {
  const { intake } = open();
  assert.equal(intake.room(), 2);

  const begun = [intake.begin(), intake.begin()];
  assert.equal(intake.room(), 0);

  begun[0]?.(1000);
  assert.equal(intake.room(), 1);
});

test('the end of a wait counts once', () => {
  const { intake } = open();
  const end = intake.begin();

  end(1000);
  end(undefined);
  end(1000);

  assert.equal(intake.room(), 2);
});

test('cheap jobs make more room, costly ones less, and never none', () => {
  const { intake } = open();
  intake.room();
  for (let job = 0; job < 100; job += 1) {
    intake.begin()(100);
    intake.room();
  }
  assert.ok(intake.room() >= 19 && intake.room() <= 20, String(intake.room()));
  for (let job = 0; job < 200; job += 1) {
    intake.begin()(50_000);
  }
  assert.equal(intake.room(), 1);
});

test('a limit of requests bounds the room', () => {
  const { intake } = open({
    regions: [regionOf('east', ['gpt-4o-mini'], { requestsPerMinute: 30, tokensPerMinute: 1e6 })],
  });

  assert.equal(intake.room(), 1);
});

test('there is no room while every bucket is reserved far ahead, or every deployment is closed', async () => {
  const regions = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])];
  const { rig, deps, intake } = open({ regions });
  assert.equal(intake.room(), 4);
  await rig.clock.run(deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 60_000 }, never));
  void deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 60_000 }, never);
  await rig.clock.advance(1000);
  assert.equal(intake.room(), 2, 'one of two is left');

  tripDeployment(deps, 'west');
  assert.equal(intake.room(), 0);
  await rig.clock.advance(70_000);
  assert.equal(intake.room(), 2, 'the other is to be probed first');
});

test('a shared bucket counts once', () => {
  const shared = regionOf('east', ['gpt-4o-mini']);
  const regions = [shared, { ...shared, name: 'west' }].map((region) => ({
    ...region,
    deployments: region.deployments.map((one) => ({ ...one, limitGroup: 'g' })),
  }));

  assert.equal(open({ regions }).intake.room(), 2);
});

test('looking again heals a failed bucket, and asks about no healthy one', async () => {
  let isAway = true;
  let asked = 0;
  const life = new ProcessLife(({ name, when }) => {
    asked += name === 'buckets.read' && when === 'before' ? 1 : 0;
    return isAway ? new AppError('test.away', '', { isRetryable: true }) : 'go';
  });
  const { rig, deps, intake } = open({}, life);
  const giveUp = new AbortController();
  const waiting = deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 1 }, giveUp.signal);
  await rig.clock.advance(1000);
  giveUp.abort();
  await rig.clock.run(waiting);
  await rig.clock.advance(10_000);
  assert.equal(intake.room(), 0);

  isAway = false;
  await rig.clock.run(intake.lookAgain());
  assert.equal(intake.room(), 2);
  const before = asked;
  await rig.clock.run(intake.lookAgain());
  assert.equal(asked, before);
});

test('while no deployment is available one job is pulled when a probe is due, and none before or beside it', async () => {
  const { rig, deps, intake } = open();
  tripDeployment(deps, 'east');
  assert.equal(intake.room(), 0);
  await rig.clock.advance(22_500);

  assert.equal(intake.room(), 1);
  const over = intake.begin();
  assert.equal(intake.room(), 0);
  over(undefined);
  assert.equal(intake.room(), 1);
});
