import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegionSettings } from '../../../shared/config/region-settings.ts';
import { choosePool } from '../../../shared/pools/choose-pool.ts';
import { describePools, jobQueues, ownQuota, type Pool } from '../../../shared/pools/pool.ts';
import { regionOf } from '../../fakes/pipeline-rig.ts';

const east = regionOf('east', ['mini', 'large'], { tokensPerMinute: 1000 });
const west = regionOf('west', ['mini'], { tokensPerMinute: 5000 });

function describe(regions: readonly RegionSettings[], pools?: Parameters<typeof describePools>[0]['pools']) {
  return describePools({ regions, pools });
}

function nameOf(pools: readonly Pool[], model: string, regions?: readonly string[]): string {
  const choice = choosePool(pools, { model, regions });
  return choice.kind === 'chosen' ? choice.pool.name : choice.message;
}

test('without POOLS every model is a pool, of all regions that deploy it', () => {
  const pools = describe([east, west]);

  assert.deepEqual(
    pools.map(({ name, queue, highQueue, deployments }) => [
      name,
      queue,
      highQueue,
      deployments.map((d) => d.bucketId),
    ]),
    [
      ['mini', 'jobs-mini', 'jobs-mini-high', ['east.mini', 'west.mini']],
      ['large', 'jobs-large', 'jobs-large-high', ['east.large']],
    ],
  );
  assert.deepEqual(jobQueues(pools), ['jobs', 'jobs-mini', 'jobs-mini-high', 'jobs-large', 'jobs-large-high']);
});

test('the queue of a single pool is the intake itself', () => {
  const pools = describe([west]);

  assert.deepEqual([pools[0]?.queue, pools[0]?.highQueue], ['jobs', 'jobs-high']);
  assert.deepEqual(jobQueues(pools), ['jobs', 'jobs-high']);
});

test('POOLS is taken as it stands, and a pool keeps to its regions', () => {
  const pools = describe([east, west], [{ name: 'resident', model: 'mini', regions: ['west'] }]);

  assert.deepEqual(
    pools[0]?.deployments.map(({ region }) => region),
    ['west'],
  );
});

test('deployments of a limit group share a bucket', () => {
  const grouped = [east, west].map((region) => ({
    ...region,
    deployments: region.deployments.map((one) => ({ ...one, limitGroup: 'g' })),
  }));

  assert.deepEqual(
    new Set(describe(grouped).flatMap((pool) => pool.deployments.map((one) => one.bucketId))),
    new Set(['group.g']),
  );
});

test('a job goes to a pool that keeps within its regions, of several to the largest', () => {
  const pools = describe(
    [east, west],
    [
      { name: 'all', model: 'mini' },
      { name: 'east-only', model: 'mini', regions: ['east'] },
      { name: 'west-only', model: 'mini', regions: ['west'] },
    ],
  );

  assert.equal(nameOf(pools, 'mini'), 'all');
  assert.equal(nameOf(pools, 'mini', ['east', 'west']), 'all');
  assert.equal(nameOf(pools, 'mini', ['east']), 'east-only');
  assert.equal(nameOf(pools, 'mini', ['west', 'mars']), 'west-only');
});

test('a job that no pool may serve is told the setting that would add one', () => {
  const pools = describe([east, west]);

  assert.match(nameOf(pools, 'nobody'), /REGIONS/u);
  assert.match(nameOf(pools, 'mini', ['east']), /"regions":\["east"\].* in POOLS/u);
});

test('a shared quota counts once, and the largest deployment tells what can ever start', () => {
  const shared = { ...east, deployments: east.deployments.map((one) => ({ ...one, limitGroup: 'g' })) };
  const both = { ...shared, name: 'other' };
  const pools = describe(
    [shared, both, west],
    [
      { name: 'shared', model: 'mini', regions: ['east', 'other'] },
      { name: 'west', model: 'mini', regions: ['west'] },
    ],
  );

  assert.equal(nameOf(pools, 'mini'), 'west', 'twice the same 1,000 is 1,000');
  assert.deepEqual(
    pools.map(({ deployments }) => deployments.map(ownQuota)),
    [[1000, 1000], [5000]],
  );
});
