import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import { laneId, type TicketDelivery, ticketSchema } from '../../../shared/lanes/lane.ts';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import { armFirstLane } from '../../../shared/pipeline/arm-lanes.ts';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import { type PumpEnd, runPump } from '../../../shared/pipeline/run-pump.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, type PipelineRig, pipelineRig, regionOf, type RigSettings } from '../../fakes/pipeline-rig.ts';
import { ProcessLife } from '../../fakes/process-life.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';

const away = new AppError('test.away', 'The service is away.', { isRetryable: true });
const briefWindow = { pullWindowMs: 10_000, pullAheadMs: 2000, idleMs: 1000, maxJobsInHand: 400 };

/** Takes the next ticket, as the host's trigger does. */
async function takeTicket(rig: PipelineRig): Promise<TicketDelivery> {
  const [message] = await rig.queue.receive('pump', 1, 0);
  assert.ok(message !== undefined, 'a ticket is due');
  const { body, sequenceNumber, deliveryCount } = message;
  return { ticket: ticketSchema.parse(body), sequenceNumber, deliveryCount };
}

interface Pumping {
  readonly rig: PipelineRig;
  readonly deps: PipelineDeps;
  readonly pumping: Promise<PumpEnd>;
  readonly stop: () => void;
}

/** A pump that has just been started in lane-0. */
async function startPump(settings: RigSettings = {}, life = new ProcessLife()): Promise<Pumping> {
  const rig = pipelineRig(settings);
  const deps = rig.process(life);
  assert.ok(await armFirstLane(rig.process(), undefined));
  const stopping = new AbortController();
  const pumping = runPump(deps, await takeTicket(rig), stopping.signal);
  return { rig, deps, pumping, stop: () => stopping.abort() };
}

function lane(rig: PipelineRig): string | undefined {
  return rig.lanes.all()[0]?.state;
}

test('a pump that finds nothing leaves its lane idle, and no ticket behind', async () => {
  const { rig, pumping } = await startPump();

  assert.equal(await rig.clock.run(pumping), 'idle');

  assert.equal(lane(rig), 'idle');
  assert.equal((await rig.queue.receive('pump', 1, 0)).length, 0);
});

test('a pump waits the idle time after the last job, and runs what comes meanwhile', async () => {
  const { rig, pumping } = await startPump();
  await rig.clock.advance(4000);
  rig.queue.put('jobs', chatJob('Hi', { id: 'late' }));
  const put = rig.clock.now();

  assert.equal(await rig.clock.run(pumping), 'idle');

  assert.equal(rig.jobs.all()[0]?.state, 'completed');
  assert.ok(rig.clock.now() - put >= 5000);
});

test('a job that comes just as the lane goes idle has the lane armed again (L1)', async () => {
  const late: (() => void)[] = [];
  const life = new ProcessLife(({ name, when }) => {
    if (name === 'lanes.replace' && when === 'before') {
      late.pop()?.();
    }
    return 'go';
  });
  const { rig, pumping } = await startPump({ settings: { pump: briefWindow } }, life);
  await rig.clock.settle();
  late.push(() => rig.queue.put('jobs', chatJob('Hi', { id: 'late' })));

  assert.equal(await rig.clock.run(pumping), 'idle');

  assert.equal(late.length, 0);
  assert.equal(lane(rig), 'armed');
  assert.equal((await takeTicket(rig)).ticket.generation, 2);
});

test('a pump whose window is over passes its lane on before it waits for its calls (L1)', async () => {
  const answered = Promise.withResolvers<CallVerdict>();
  const { rig, pumping } = await startPump({
    settings: { pump: briefWindow },
    script: async () => answered.promise,
    regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 600 })],
  });
  for (let job = 0; job < 20; job += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `job-${job}` }));
  }
  await rig.clock.advance(11_000);

  assert.equal(lane(rig), 'armed');
  const next = await takeTicket(rig);
  assert.equal(next.ticket.generation, 2);
  assert.ok(rig.models.calls.length > 0);

  answered.resolve(completedWith('Hello'));
  assert.equal(await rig.clock.run(pumping), 'passed-on');
});

test('a pump that is told to stop passes its lane on, and gives back what has not called yet', async () => {
  const { rig, pumping, stop } = await startPump({
    regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 600 })],
  });
  for (let job = 0; job < 20; job += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `job-${job}` }));
  }
  await rig.clock.advance(1000);

  stop();
  const end = await rig.clock.run(pumping, 5000);

  assert.equal(end, 'passed-on');
  const left = await rig.queue.receive('jobs', 100, 0);
  assert.equal(left.length, 20 - rig.models.calls.length);
  assert.equal((await takeTicket(rig)).ticket.generation, 2);
});

test('a ticket of another generation starts nothing', async () => {
  const { rig, deps, pumping } = await startPump();
  await rig.clock.run(pumping);
  const stale = { ticket: { lane: laneId(0), generation: 0 }, sequenceNumber: '1', deliveryCount: 0 };

  assert.equal(await rig.clock.run(runPump(deps, stale, new AbortController().signal)), 'not-started');
});

test('a pump never throws for an outage: its ticket comes back in five seconds, and goes on with the lane', async () => {
  let isAway = true;
  const life = new ProcessLife(({ name }) => (isAway && name === 'queue.receive' ? away : 'go'));
  const { rig, deps, pumping } = await startPump({}, life);
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));

  assert.equal(await rig.clock.run(pumping), 'postponed');
  assert.equal(lane(rig), 'running');
  assert.equal((await rig.clock.run(rig.queue.receive('pump', 1, 4900))).length, 0);

  isAway = false;
  await rig.clock.advance(100);
  const again = runPump(deps, await takeTicket(rig), new AbortController().signal);
  assert.equal(await rig.clock.run(again), 'idle');
  assert.equal(rig.jobs.all()[0]?.state, 'completed');
  assert.deepEqual(rig.faults, ['pump lane-0']);
});

test('an outage of Cosmos that outlives many tickets does not cost the lane (L1)', async () => {
  let isAway = false;
  const life = new ProcessLife(({ name }) => (isAway && /^lanes|^jobs/u.test(name) ? away : 'go'));
  const { rig, deps, pumping } = await startPump({ settings: { pump: briefWindow } }, life);
  await rig.clock.settle();
  isAway = true;
  assert.equal(await rig.clock.run(pumping), 'postponed');
  for (let ticket = 0; ticket < 10; ticket += 1) {
    await rig.clock.advance(5000);
    const postponed = runPump(deps, await takeTicket(rig), new AbortController().signal);
    assert.equal(await rig.clock.run(postponed), 'postponed');
  }

  isAway = false;
  await rig.clock.advance(5000);
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));
  const back = runPump(deps, await takeTicket(rig), new AbortController().signal);
  assert.equal(await rig.clock.run(back), 'idle');
  assert.equal(rig.jobs.all()[0]?.state, 'completed');
});

test('a pump does not throw when its ticket cannot be postponed either', async () => {
  const life = new ProcessLife(({ name }) => (name.startsWith('queue') ? away : 'go'));
  const { rig, pumping } = await startPump({}, life);

  assert.equal(await rig.clock.run(pumping), 'postponed');
  assert.deepEqual(rig.faults.slice(-2), ['pump lane-0', 'postponing a ticket']);
});

test('a pump whose hand is full stays: its queues were not seen empty', async () => {
  const answered = Promise.withResolvers<CallVerdict>();
  const { rig, pumping } = await startPump({
    settings: { pump: { ...briefWindow, pullWindowMs: 60_000, maxJobsInHand: 2 } },
    script: async () => answered.promise,
  });
  for (let job = 0; job < 5; job += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `job-${job}` }));
  }
  await rig.clock.advance(30_000);
  assert.equal(lane(rig), 'running');
  assert.equal(rig.models.calls.length, 2);

  answered.resolve(completedWith('Hello'));
  assert.equal(await rig.clock.run(pumping), 'idle');
  assert.equal(rig.models.calls.length, 5);
});

test('a pool whose bucket failed while its last job was lost is pulled again when the bucket is back', async () => {
  let isAway = true;
  const rig = pipelineRig({ settings: { pump: briefWindow } });
  const life = new ProcessLife(({ name }) => (isAway && name.startsWith('buckets') ? away : 'go'));
  startApp(rig, life);
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));
  await rig.clock.advance(20_000);
  rig.queue.loseLocks();
  await rig.clock.advance(20_000);
  assert.equal(rig.models.calls.length, 0);

  isAway = false;
  await untilDrained(rig, 60_000);

  assert.equal(rig.jobs.all()[0]?.state, 'completed');
});

test('a saturated pool does not keep another one from being pulled', async () => {
  const regions = [
    regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 110 }),
    regionOf('west', ['gpt-4o'], { tokensPerMinute: 60_000 }),
  ];
  const { rig, pumping } = await startPump({ regions, settings: { pump: { ...briefWindow, pullWindowMs: 30_000 } } });
  for (let job = 0; job < 10; job += 1) {
    rig.queue.put('jobs-gpt-4o-mini', chatJob('Hi', { id: `slow-${job}` }));
  }
  await rig.clock.advance(5000);
  const body = { ...chatJob().request.body, model: 'gpt-4o' };
  for (let job = 0; job < 10; job += 1) {
    rig.queue.put('jobs-gpt-4o', { id: `fast-${job}`, request: { ...chatJob().request, body } });
  }
  await rig.clock.advance(3000);

  const done = rig.jobs.all().filter(({ id, state }) => id.startsWith('fast') && state === 'completed');
  assert.equal(done.length, 10);
  assert.equal(await rig.clock.run(pumping), 'passed-on');
});

test('jobs of high priority are pulled before the others', async () => {
  const order: string[] = [];
  const { rig, pumping } = await startPump({
    script: ({ clientRequestId }) => {
      order.push(clientRequestId);
      return completedWith('Hello');
    },
    regions: [regionOf('east', ['gpt-4o-mini'], { requestsPerMinute: 6 })],
  });
  for (let job = 0; job < 4; job += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `normal-${job}` }));
    rig.queue.put('jobs-high', chatJob('Hi', { id: `high-${job}` }));
  }
  await rig.clock.run(pumping);

  assert.equal(order.length, 8);
  assert.ok(
    order.slice(0, 4).every((id) => id.startsWith('high')),
    order.join(' '),
  );
});

test('messages of the intake are sorted on to the queues of their pools, under the same job', async () => {
  const regions = [regionOf('east', ['gpt-4o-mini', 'gpt-4o'])];
  const { rig, pumping } = await startPump({ regions });
  const body = { ...chatJob().request.body, model: 'gpt-4o' };
  rig.queue.put('jobs', chatJob('Hi', { id: 'mini' }));
  rig.queue.put('jobs', { id: 'large', request: { ...chatJob().request, body }, options: { priority: 'high' } });
  rig.queue.put('jobs', chatJob('Hi', { id: 'nowhere', options: { regions: ['mars'] } }));
  rig.queue.put('jobs', 'no job at all');
  await rig.clock.run(pumping);

  const ends = Object.fromEntries(rig.jobs.all().map(({ id, state, pool }) => [id, `${state} in ${pool}`]));
  assert.deepEqual(ends, {
    mini: 'completed in gpt-4o-mini',
    large: 'completed in gpt-4o',
    nowhere: 'dead-lettered in gpt-4o-mini',
  });
  assert.ok(rig.queue.sent.some((id) => id.startsWith('large~0~')));
  assert.equal(rig.queue.deadLetters('jobs').length, 2);
});

test('B2: a worker that does not know the time leaves the lane to others, and pulls nothing', async () => {
  const rig = pipelineRig();
  const deps = rig.process();
  rig.queue.put('jobs', chatJob('Hi', { id: 'a' }));
  assert.ok(await armFirstLane(rig.process(), undefined));
  const unsure = { ...deps.reserver, isReady: async () => false };

  const end = await rig.clock.run(
    runPump({ ...deps, reserver: unsure }, await takeTicket(rig), new AbortController().signal),
  );

  assert.equal(end, 'postponed');
  assert.equal(lane(rig), 'armed');
  assert.equal(rig.jobs.all().length, 0);
  await rig.clock.advance(5000);
  assert.equal(await rig.clock.run(runPump(deps, await takeTicket(rig), new AbortController().signal)), 'idle');
  assert.equal(rig.jobs.all()[0]?.state, 'completed');
});

test('a pool whose calls never end leaves the other pools their part of the hand', async () => {
  const stuck = Promise.withResolvers<CallVerdict>();
  const { rig, pumping, stop } = await startPump({
    regions: [regionOf('east', ['gpt-4o-mini', 'gpt-4o'])],
    settings: { pump: { ...briefWindow, pullWindowMs: 60_000, maxJobsInHand: 8 } },
    script: async ({ body }) => (body['model'] === 'gpt-4o' ? stuck.promise : completedWith('Hello')),
  });
  const jobOf = (model: string, id: string) => {
    const { request } = chatJob('Hi', { id });
    return chatJob('Hi', { id, request: { ...request, body: { ...request.body, model } } });
  };
  for (let number = 0; number < 20; number += 1) {
    rig.queue.put('jobs-gpt-4o', jobOf('gpt-4o', `stuck-${number}`));
  }
  await rig.clock.advance(10_000);
  for (let number = 0; number < 20; number += 1) {
    rig.queue.put('jobs-gpt-4o-mini', jobOf('gpt-4o-mini', `other-${number}`));
  }

  await rig.clock.advance(40_000);

  const ended = rig.jobs.all().filter(({ id, state }) => id.startsWith('other') && state === 'completed');
  assert.equal(ended.length, 20);
  assert.equal(rig.models.calls.filter(({ body }) => body['model'] === 'gpt-4o').length, 6);
  stuck.resolve(completedWith('Hello'));
  stop();
  await rig.clock.run(pumping);
});

test('of the intake a pump takes no more in hand than it can settle while their locks last', async () => {
  const rig = pipelineRig({ regions: [regionOf('east', ['gpt-4o-mini', 'gpt-4o'])] });
  const deps = rig.process();
  const isSlow = Promise.withResolvers<void>();
  const payloads = { ...deps.payloads, put: async () => isSlow.promise };
  for (let number = 0; number < 500; number += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `nowhere-${number}`, options: { regions: ['mars'] } }));
  }
  assert.ok(await armFirstLane(rig.process(), undefined));
  const pumping = runPump({ ...deps, payloads }, await takeTicket(rig), new AbortController().signal);

  await rig.clock.advance(10_000);

  assert.equal(rig.queue.messages('jobs').filter(({ lock }) => lock !== undefined).length, 200);
  isSlow.resolve();
  await rig.clock.run(pumping);
  assert.equal(rig.queue.deadLetters('jobs').length, 500);
});
