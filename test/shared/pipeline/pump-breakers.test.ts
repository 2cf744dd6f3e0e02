import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import type { ModelRequest } from '../../../shared/models/model-client.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { type PipelineRig, pipelineRig, regionOf, type RigSettings } from '../../fakes/pipeline-rig.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { putJobs } from './put-jobs.ts';

const outage: CallVerdict = { kind: 'failed', code: 'http_503', message: 'The service is away.' };
const wrongKey: CallVerdict = { kind: 'misconfigured', code: '401', message: 'Access denied.' };
const twoPools = [regionOf('east', ['gpt-4o-mini']), regionOf('west', ['gpt-4o'])];

/** A rig whose calls fail for as long as `broken` says so of them. */
function breakableRig(settings: RigSettings, verdict: CallVerdict = outage) {
  const state = { isBroken: (_request: ModelRequest): boolean => true };
  const rig = pipelineRig({
    ...settings,
    script: (request) => (state.isBroken(request) ? verdict : completedWith('Hello')),
  });
  return { rig, state };
}

/** Calls from now on, by region. */
async function callsWithin(rig: PipelineRig, ms: number): Promise<Readonly<Record<string, number>>> {
  const before = rig.models.calls.length;
  await rig.clock.advance(ms);
  const byRegion = Map.groupBy(rig.models.calls.slice(before), ({ region }) => region);
  return Object.fromEntries([...byRegion].map(([region, calls]) => [region, calls.length]));
}

test('an outage of the only region costs a few calls, leaves its jobs unlocked in the queue, and ends by itself', async () => {
  const { rig, state } = breakableRig({ regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 600_000 })] });
  const app = startApp(rig);
  putJobs(rig, 200);
  await rig.clock.advance(120_000);

  const calls = rig.models.calls.length;
  assert.ok(calls < 60, `${calls} calls met the outage`);
  assert.equal(rig.breakers.all()[0]?.state, 'open');
  assert.ok(rig.queue.messages('jobs').length > 150);
  assert.ok(
    rig.queue.messages('jobs').every(({ lock }) => lock === undefined),
    'none is locked',
  );
  assert.ok(rig.jobs.all().every(({ state: job }) => job !== 'dead-lettered'));

  state.isBroken = () => false;
  await untilDrained(rig, 1_800_000);
  assert.ok(rig.jobs.all().every(({ state: job }) => job === 'completed') && rig.jobs.all().length === 200);
  assert.equal(rig.breakers.all()[0]?.state, 'closed');
  await app.stop();
});

test('while a pool has nowhere to call, no lane is kept, and none is armed before a probe is due', async () => {
  const { rig } = breakableRig({}, wrongKey);
  const app = startApp(rig);
  putJobs(rig, 20);
  await rig.clock.advance(11_000);
  assert.equal(rig.breakers.all()[0]?.state, 'misconfigured');

  await rig.clock.advance(8000);

  assert.equal(rig.lanes.all()[0]?.state, 'idle');
  const writes = rig.lanes.written.length;
  await rig.clock.advance((rig.breakers.all()[0]?.until ?? 0) - rig.clock.now() - 1);
  assert.equal(rig.lanes.written.length, writes);
  await app.stop();
});

test('each probe is one call, of all processes together', async () => {
  const { rig } = breakableRig(
    { regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 600_000 })] },
    wrongKey,
  );
  const apps = [startApp(rig), startApp(rig), startApp(rig)];
  putJobs(rig, 300);
  await rig.clock.advance(30_000);
  const { openings = 0 } = rig.breakers.all()[0] ?? {};

  const { east = 0 } = await callsWithin(rig, 900_000);

  const reopened = (rig.breakers.all()[0]?.openings ?? 0) - openings;
  assert.ok(reopened >= 3, String(reopened));
  assert.equal(east, reopened);
  for (const app of apps) {
    await app.stop();
  }
});

test('a pool whose deployments are all closed does not slow the other pool down', async () => {
  const endOf = async (hasDead: boolean): Promise<number> => {
    const { rig, state } = breakableRig({ regions: twoPools });
    state.isBroken = ({ region }) => region === 'east';
    const app = startApp(rig);
    if (hasDead) {
      putJobs(rig, 500, { queue: 'jobs-gpt-4o-mini' });
    }
    putJobs(rig, 300, { model: 'gpt-4o', queue: 'jobs-gpt-4o' });
    const begin = rig.clock.now();
    const isDone = (): boolean =>
      rig.jobs
        .all()
        .filter(
          ({ id, state: job }) => id.startsWith('gpt-4o-') && !id.startsWith('gpt-4o-mini') && job === 'completed',
        ).length === 300;
    const look = async (): Promise<number> => {
      while (!isDone()) {
        await rig.clock.sleep(100);
      }
      return rig.clock.now() - begin;
    };
    const elapsedMs = await rig.clock.run(look(), 1_800_000);
    await app.stop();
    return elapsedMs;
  };

  const alone = await endOf(false);
  const beside = await endOf(true);

  assert.ok(beside <= alone * 1.03, `${beside} ms beside a dead pool, ${alone} ms alone`);
});

test('a region that fails is left to the other one, and is tried again by one job while that goes on', async () => {
  const quota = { tokensPerMinute: 12_000 };
  const regions = ['east', 'west'].map((name) => regionOf(name, ['gpt-4o-mini'], quota));
  const { rig, state } = breakableRig({ regions });
  state.isBroken = ({ region }) => region === 'east';
  const app = startApp(rig);
  putJobs(rig, 700);
  await rig.clock.advance(20_000);
  assert.equal(rig.breakers.all()[0]?.state, 'open');

  const during = await callsWithin(rig, 60_000);
  assert.ok((during['east'] ?? 0) <= 3 && (during['west'] ?? 0) > 50, JSON.stringify(during));

  state.isBroken = () => false;
  await rig.clock.advance(120_000);
  const after = await callsWithin(rig, 60_000);
  assert.ok((after['east'] ?? 0) > 50, JSON.stringify(after));
  await app.stop();
});

test('one job that fails wherever it is called opens no breaker', async () => {
  const { rig, state } = breakableRig({});
  state.isBroken = ({ clientRequestId }) => clientRequestId === 'gpt-4o-mini-0';
  const app = startApp(rig);
  putJobs(rig, 1);
  await rig.clock.advance(600_000);

  assert.ok(rig.models.calls.length >= 10);
  assert.deepEqual(rig.breakers.all(), []);
  await app.stop();
});

test('retries of an outage stay within a fifth of the calls, and a few', async () => {
  const regions = [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 600_000, requestsPerMinute: 6000 })];
  const { rig, state } = breakableRig({ regions });
  // Two of five calls fail: too few for the breaker.
  let calls = 0;
  state.isBroken = () => {
    calls += 1;
    return calls % 5 < 2;
  };
  const app = startApp(rig);
  putJobs(rig, 500);
  await rig.clock.advance(20_000);

  const first = new Set(rig.models.calls.map(({ clientRequestId }) => clientRequestId)).size;
  const retries = rig.models.calls.length - first;
  assert.ok(first > 100, String(first));
  assert.ok(retries <= 0.2 * first + 20 + 10, `${retries} retries of ${first} calls`);
  await app.stop();
});

test('every transition is told once', async () => {
  const { rig, state } = breakableRig({}, wrongKey);
  const app = startApp(rig);
  putJobs(rig, 5);
  await rig.clock.advance(12_000);
  state.isBroken = () => false;
  await untilDrained(rig);

  const told = rig.telemetry.records.filter(({ eventName }) => eventName === 'breaker').map(({ fields }) => fields);
  assert.deepEqual(
    told.map((fields) => [
      fields['sluice.breaker.before'],
      fields['sluice.breaker.state'],
      fields['sluice.error.code'],
    ]),
    [
      ['closed', 'misconfigured', '401'],
      ['misconfigured', 'half-open', '401'],
      ['half-open', 'closed', undefined],
    ],
  );
  assert.deepEqual([told[0]?.['sluice.region'], told[0]?.['sluice.breaker.open_ms']], ['east', 22_500]);
  await app.stop();
});
