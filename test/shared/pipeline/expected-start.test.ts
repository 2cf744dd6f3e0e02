import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import type { JobDocument } from '../../../shared/jobs/job-document.ts';
import { expectedStartOf } from '../../../shared/pipeline/expected-start.ts';
import { submitJobs, type SubmitOutcome } from '../../../shared/pipeline/submit-jobs.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, type PipelineRig, pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';
import { type Interference, ProcessLife } from '../../fakes/process-life.ts';
import { tripDeployment } from '../../fakes/trip-deployment.ts';

/** A job of the rig costs 101 tokens: "Hi" is one, and a hundred may come back. */
const jobTokens = 101;

/** Ten jobs a second, by requests. */
const tenPerSecond = [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 600_000, requestsPerMinute: 600 })];

async function submit(
  rig: PipelineRig,
  input: { readonly from: number; readonly count: number; readonly priority?: 'high'; readonly life?: ProcessLife },
): Promise<readonly SubmitOutcome[]> {
  const { from, count, priority, life } = input;
  const submissions = Array.from({ length: count }, (_, index) => ({
    envelope: chatJob('Hi', {
      id: `job-${from + index}`,
      ...(priority === undefined ? {} : { options: { priority } }),
    }),
    fallbackId: 'x',
    batchId: undefined,
  }));
  return rig.clock.run(submitJobs(rig.process(life), submissions, ''));
}

/** How long the accepted jobs are expected to wait, in ms. */
function waits(rig: PipelineRig, outcomes: readonly SubmitOutcome[]): readonly (number | undefined)[] {
  return outcomes.map((outcome) =>
    outcome.kind === 'accepted' && outcome.expectedStartAt !== undefined
      ? outcome.expectedStartAt - rig.clock.now()
      : undefined,
  );
}

function documentOf(rig: PipelineRig, id: string): JobDocument {
  const found = rig.jobs.all().find((one) => one.id === id);
  assert.ok(found !== undefined);
  return found;
}

test('a job is expected to start behind what waits, and behind those of its own call', async () => {
  const rig = pipelineRig({ regions: tenPerSecond });

  assert.deepEqual(waits(rig, await submit(rig, { from: 0, count: 3 })), [0, 100, 200]);
  assert.deepEqual(waits(rig, await submit(rig, { from: 3, count: 2 })), [300, 400]);

  assert.equal(documentOf(rig, 'job-4').expectedStartAt, rig.clock.now() + 400);
  assert.equal(documentOf(rig, 'job-4').costTokens, jobTokens);
});

test('a job of high priority is expected before the others, which wait for it', async () => {
  const rig = pipelineRig({ regions: tenPerSecond });
  await submit(rig, { from: 0, count: 10 });

  assert.deepEqual(waits(rig, await submit(rig, { from: 10, count: 2, priority: 'high' })), [0, 100]);
  assert.deepEqual(waits(rig, await submit(rig, { from: 12, count: 1 })), [1200]);
});

test('messages of other senders wait as well, at the cost of the others', async () => {
  const rig = pipelineRig({ regions: tenPerSecond });
  for (let job = 0; job < 20; job += 1) {
    rig.queue.put('jobs', chatJob('Hi', { id: `foreign-${job}` }));
  }

  assert.deepEqual(waits(rig, await submit(rig, { from: 0, count: 1 })), [2000]);
});

test('where tokens are what is short, they say when: an idle bucket starts a minute’s worth at its peak', async () => {
  // A minute's worth is a hundred jobs.
  const rig = pipelineRig({
    regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 100 * jobTokens, requestsPerMinute: 60_000 })],
  });

  const [first, , later] = waits(rig, await submit(rig, { from: 0, count: 60 }));
  assert.equal(first, 0);
  assert.ok(later !== undefined && later > 500 && later < 1200, String(later));
  const told = waits(rig, await submit(rig, { from: 60, count: 50 })).at(-1);
  assert.ok(told !== undefined && told > 60_000 && told < 70_000, String(told));
});

test('a queued job is told its start by when it came, and a running one none', async () => {
  const rig = pipelineRig({ regions: tenPerSecond });
  await submit(rig, { from: 0, count: 10 });
  await rig.clock.advance(50);
  await submit(rig, { from: 10, count: 10 });
  await rig.clock.advance(50);
  const deps = rig.process();

  const first = await rig.clock.run(expectedStartOf(deps, documentOf(rig, 'job-0')));
  const later = await rig.clock.run(expectedStartOf(deps, documentOf(rig, 'job-15')));

  assert.equal(first, rig.clock.now());
  assert.equal(later, rig.clock.now() + 1000);
  const running: JobDocument = { ...documentOf(rig, 'job-0'), state: 'running' };
  assert.equal(await rig.clock.run(expectedStartOf(deps, running)), undefined);
  const elsewhere = { ...documentOf(rig, 'job-0'), pool: 'gone' };
  assert.equal(await rig.clock.run(expectedStartOf(deps, elsewhere)), undefined);
});

test('a parked job starts when it is due at the earliest', async () => {
  const rig = pipelineRig({ regions: tenPerSecond });
  await submit(rig, { from: 0, count: 20 });
  const parked = (dueInMs: number): JobDocument => {
    return { ...documentOf(rig, 'job-0'), state: 'parked', dueAt: rig.clock.now() + dueInMs };
  };
  const deps = rig.process();

  assert.equal(await rig.clock.run(expectedStartOf(deps, parked(30_000))), rig.clock.now() + 30_000);
  assert.equal(await rig.clock.run(expectedStartOf(deps, parked(500))), rig.clock.now() + 2000);
});

test('no submit fails, and none waits long, for an estimate', async () => {
  const away = new AppError('test.away', 'The service is away.', { isRetryable: true });
  const fails: Interference = ({ name }) => (name === 'queue.backlog' ? away : 'go');
  const rig = pipelineRig({ regions: tenPerSecond });

  assert.deepEqual(waits(rig, await submit(rig, { from: 0, count: 2, life: new ProcessLife(fails) })), [
    undefined,
    undefined,
  ]);
  assert.equal(documentOf(rig, 'job-1').expectedStartAt, undefined);
  assert.deepEqual(new Set(rig.faults), new Set(['estimating a start']));
});

test('a process that knows no healthy bucket tells what the open deployments would start', async () => {
  const away = new AppError('test.away', 'The service is away.', { isRetryable: true });
  const rig = pipelineRig({ regions: tenPerSecond });
  const life = new ProcessLife(({ name }) => (name.startsWith('buckets') ? away : 'go'));

  assert.deepEqual(waits(rig, await submit(rig, { from: 0, count: 3, life })), [0, 100, 200]);
});

test('of a pool whose deployments are closed, no start is told', async () => {
  const rig = pipelineRig({ regions: tenPerSecond });
  await submit(rig, { from: 0, count: 1 });
  const deps = rig.process();
  tripDeployment(deps, 'east');

  assert.equal(await rig.clock.run(expectedStartOf(deps, documentOf(rig, 'job-0'))), undefined);
});

test('an estimate takes one question a queue, however many jobs are submitted', async () => {
  const rig = pipelineRig({ regions: tenPerSecond });
  let questions = 0;
  const life = new ProcessLife(({ name, when }) => {
    questions += name === 'queue.backlog' && when === 'before' ? 1 : 0;
    return 'go';
  });

  await submit(rig, { from: 0, count: 50, life });

  assert.equal(questions, 2);
});

test('a job that has ended is told no start when it is submitted again', async () => {
  const rig = pipelineRig({ regions: tenPerSecond });
  await submit(rig, { from: 0, count: 1 });
  startApp(rig);
  await untilDrained(rig);

  assert.deepEqual(waits(rig, await submit(rig, { from: 0, count: 1 })), [undefined]);
});

test('the error of what was expected is told with the job, and small when the queue drains as it should', async () => {
  const rig = pipelineRig({ regions: tenPerSecond });
  await submit(rig, { from: 0, count: 300 });
  startApp(rig);
  await untilDrained(rig);

  const errors = rig.telemetry.spans.flatMap(({ fields }) => {
    const [error, wait] = [fields['sluice.start.error_ms'], fields['sluice.start.expected_wait_ms']];
    return typeof error === 'number' && typeof wait === 'number' ? [{ error, wait }] : [];
  });
  assert.equal(errors.length, 300);
  const long = errors.filter(({ wait }) => wait > 10_000);
  assert.ok(long.every(({ error, wait }) => Math.abs(error) < wait * 0.5));
});
