import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import { type StartOutcome, type StartWish, waitForStart } from '../../../shared/pipeline/wait-for-start.ts';
import { deploymentKey } from '../../../shared/pools/deployment-health.ts';
import { type PipelineRig, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { tripDeployment } from '../../fakes/trip-deployment.ts';

const never = new AbortController().signal;
const bothRegions = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o-mini'])];
const east = { region: 'east', deployment: 'gpt-4o-mini' };
const west = { region: 'west', deployment: 'gpt-4o-mini' };

/** Waits on the rig for a start of a small job. */
async function start(
  { rig, deps }: { readonly rig: PipelineRig; readonly deps: PipelineDeps },
  wish: Partial<StartWish> = {},
): Promise<StartOutcome> {
  return rig.clock.run(waitFor({ rig, deps }, wish));
}

async function waitFor(
  { rig, deps }: { readonly rig: PipelineRig; readonly deps: PipelineDeps },
  wish: Partial<StartWish> = {},
  signal = never,
): Promise<StartOutcome> {
  const [pool] = rig.pools;
  assert.ok(pool !== undefined);
  return waitForStart(deps, pool, { jobId: 'a', costOf: () => 100, ...wish }, signal);
}

function regionIn(outcome: StartOutcome): string {
  return outcome.kind === 'start' ? outcome.where.region : outcome.kind;
}

/** Regions whose breaker opened, and is to be probed by now. */
async function openRig(due: readonly string[], regions = bothRegions) {
  const rig = pipelineRig({ regions });
  const deps = rig.process();
  for (const region of due) {
    tripDeployment(deps, region);
  }
  await rig.clock.advance(22_500);
  return { rig, deps };
}

test('a deployment whose probe is due is tried by the first job that comes, and by no other, though another is available', async () => {
  const opened = await openRig(['east']);

  assert.equal(regionIn(await start(opened, { jobId: 'a' })), 'east');
  assert.equal(regionIn(await start(opened, { jobId: 'b' })), 'west');
  assert.ok(opened.deps.health.mayProbe(east, 'a'));
});

test('a job that has the probe and starts anew keeps it', async () => {
  const opened = await openRig(['east']);
  await start(opened, { jobId: 'a' });

  assert.equal(regionIn(await start(opened, { jobId: 'a' })), 'east');
});

test('a probe is left to another job by one that the deployment has just failed, unless there is no choice', async () => {
  const avoid = new Set([deploymentKey(east)]);
  assert.equal(regionIn(await start(await openRig(['east']), { avoid })), 'west');

  assert.equal(regionIn(await start(await openRig(['east'], bothRegions.slice(0, 1)), { avoid })), 'east');
});

test('no probe is taken by a job that the deployment could never admit', async () => {
  const opened = await openRig(['east']);
  const costOf: StartWish['costOf'] = ({ region }) => (region === 'east' ? 60_001 : 100);

  assert.equal(regionIn(await start(opened, { costOf })), 'west');
  assert.equal(opened.deps.health.standing(east), 'probe-due');
});

test('a job whose wait for its probe ends without a start gives the probe back', async () => {
  const opened = await openRig(['east'], bothRegions.slice(0, 1));
  const { rig, deps } = opened;
  await rig.clock.run(deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 60_000 }, never));

  const stop = new AbortController();
  const aborted = waitFor(opened, {}, stop.signal);
  await rig.clock.advance(1000);
  assert.equal(deps.health.standing(east), 'unavailable');
  stop.abort();
  assert.deepEqual(await rig.clock.run(aborted), { kind: 'aborted' });
  assert.equal(deps.health.standing(east), 'probe-due');

  const late = await start(opened, { notAfterMs: rig.clock.now() + 1 });
  assert.deepEqual(late, { kind: 'too-late' });
  assert.equal(deps.health.standing(east), 'probe-due');
});

test('a start in a deployment whose breaker opened meanwhile is not used', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const opened = { rig, deps: rig.process() };
  let isFirst = true;
  const { reserver } = opened.deps;
  const tripping: typeof reserver = {
    ...reserver,
    awaitStart: async (request, signal) => {
      const turn = await reserver.awaitStart(request, signal);
      if (isFirst) {
        isFirst = false;
        tripDeployment(opened.deps, request.bucketId.split('.')[0] ?? '');
      }
      return turn;
    },
  };

  const where = regionIn(await start({ rig, deps: { ...opened.deps, reserver: tripping } }));

  const tripped = opened.deps.health.tripped().map(({ region }) => region);
  assert.equal(tripped.length, 1);
  assert.ok(['east', 'west'].includes(where) && !tripped.includes(where));
});

test('deployments to be avoided are chosen last', async () => {
  const rig = pipelineRig({ regions: bothRegions });
  const opened = { rig, deps: rig.process() };
  const avoid = new Set([deploymentKey(east)]);
  for (let job = 0; job < 4; job += 1) {
    assert.equal(regionIn(await start(opened, { avoid })), 'west');
  }

  assert.notEqual(regionIn(await start(opened, { avoid: new Set([...avoid, deploymentKey(west)]) })), 'closed');
});

test('P2: no start is given while the pool is paused, and one that waits ends at once', async () => {
  const rig = pipelineRig({ regions: bothRegions.slice(0, 1) });
  const opened = { rig, deps: rig.process() };
  await rig.clock.run(opened.deps.reserver.awaitStart({ bucketId: 'east.gpt-4o-mini', cost: 60_000 }, never));
  const waiting = waitFor(opened);
  await rig.clock.advance(1000);
  const before = rig.clock.now();

  await opened.deps.switches.pause({ kind: 'all' });

  assert.deepEqual(await rig.clock.run(waiting), { kind: 'paused' });
  assert.equal(rig.clock.now(), before);
  assert.deepEqual(await start(opened), { kind: 'paused' });
});

test('P2: a start that comes as the pool is paused is not used', async () => {
  const rig = pipelineRig({ regions: bothRegions.slice(0, 1) });
  const deps = rig.process();
  const { awaitStart } = deps.reserver;
  const pausing: typeof awaitStart = async (...args) => {
    const turn = await awaitStart(...args);
    await deps.switches.pause({ kind: 'all' });
    return turn;
  };

  const outcome = await start({ rig, deps: { ...deps, reserver: { ...deps.reserver, awaitStart: pausing } } });

  assert.deepEqual(outcome, { kind: 'paused' });
});

test('a call after one that failed takes a place in the retry budget, once, and is not made without', async () => {
  const rig = pipelineRig({ regions: bothRegions.slice(0, 1), settings: {} });
  const opened = { rig, deps: rig.process() };
  let asked = 0;
  const counting = (answer: boolean): PipelineDeps => ({
    ...opened.deps,
    health: {
      ...opened.deps.health,
      mayRetry: () => {
        asked += 1;
        return answer;
      },
    },
  });
  let misses = 2;
  const { awaitStart } = opened.deps.reserver;
  const missing = counting(true);
  const deps = {
    ...missing,
    reserver: {
      ...missing.reserver,
      awaitStart: async (...args: Parameters<typeof awaitStart>) => {
        const turn = await awaitStart(...args);
        misses -= 1;
        return misses >= 0 ? ({ kind: 'again' } as const) : turn;
      },
    },
  };

  assert.equal(regionIn(await start({ rig, deps }, { isRetry: true })), 'east');
  assert.equal(asked, 1);
  assert.deepEqual(await start({ rig, deps: counting(false) }, { isRetry: true }), { kind: 'no-retry-budget' });
  assert.equal(regionIn(await start({ rig, deps: counting(false) })), 'east');
});

test('a probe needs no place in the retry budget', async () => {
  const opened = await openRig(['east'], bothRegions.slice(0, 1));
  const health = { ...opened.deps.health, mayRetry: () => false };

  assert.equal(regionIn(await start({ ...opened, deps: { ...opened.deps, health } }, { isRetry: true })), 'east');
});

test('a wait that fails leaves the probe to another job', async () => {
  const opened = await openRig(['east'], bothRegions.slice(0, 1));
  const { deps, rig } = opened;
  const awaitStart = async (): Promise<never> => {
    throw new Error('It failed.');
  };

  await assert.rejects(start({ rig, deps: { ...deps, reserver: { ...deps.reserver, awaitStart } } }));

  assert.equal(deps.health.standing(east), 'probe-due');
});
