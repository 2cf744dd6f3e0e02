import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../../shared/errors.ts';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import type { ModelRequest } from '../../../shared/models/model-client.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, type PipelineRig, pipelineRig } from '../../fakes/pipeline-rig.ts';
import { type Interference, ProcessLife } from '../../fakes/process-life.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';

const throttled: CallVerdict = { kind: 'throttled', scope: 'quota', retryAfterMs: 500 };
const refused: CallVerdict = {
  kind: 'refused',
  reason: 'ContentFiltered',
  code: 'content_filter',
  message: 'The prompt was filtered.',
  details: {},
};

/** How each job ends, whatever happens to the processes that run it. */
const expected = {
  'every-time': 'completed',
  'second-time': 'completed',
  long: 'completed',
  refused: 'dead-lettered',
  overflow: 'dead-lettered',
};

function answer(request: ModelRequest, calls: ReadonlyMap<string, number>): CallVerdict {
  switch (request.clientRequestId) {
    case 'second-time':
      return calls.get('second-time') === 1 ? throttled : completedWith('Hello');
    case 'refused':
      return refused;
    case 'long':
      return completedWith('x'.repeat(20_000));
    default:
      return completedWith('Hello');
  }
}

/** A rig with the jobs above on its queue: submitted, but for one that another service put there. */
async function loadedRig(): Promise<PipelineRig> {
  const calls = new Map<string, number>();
  const rig = pipelineRig({
    overrides: [{ name: 'gpt-4o-mini', contextWindow: 2000, maxOutputTokens: 500 }],
    settings: { parkMs: 500, pump: { pullWindowMs: 240_000, pullAheadMs: 2000, idleMs: 1000, maxJobsInHand: 400 } },
    script: (request) => {
      const id = request.clientRequestId;
      calls.set(id, (calls.get(id) ?? 0) + 1);
      return answer(request, calls);
    },
  });
  const submissions = Object.keys(expected)
    .filter((id) => id !== 'overflow' && id !== 'long')
    .map((id) => ({ envelope: chatJob(id, { id }), fallbackId: id, batchId: undefined }));
  await rig.clock.run(submitJobs(rig.process(), submissions, ''));
  rig.queue.put('jobs', chatJob('long', { id: 'long' }));
  rig.queue.put('jobs', chatJob('word '.repeat(2000), { id: 'overflow' }));
  return rig;
}

/** Every job ended as it should (J2), its result was recorded once (J1), and its message was dead-lettered if it was. */
function checkEnds(rig: PipelineRig): void {
  const states = Object.fromEntries(rig.jobs.all().map(({ id, state }) => [id, state]));
  assert.deepEqual(states, expected);
  const recorded = rig.jobs.written.filter(({ state }) => state === 'completed').map(({ id }) => id);
  assert.deepEqual(recorded.toSorted(), ['every-time', 'long', 'second-time']);
  const deadLetters = rig.queue.deadLetters('jobs').map(({ figures }) => figures['jobId']);
  assert.deepEqual(new Set(deadLetters), new Set(['overflow', 'refused']));
  assert.equal(deadLetters.length, 2);
  const long = rig.jobs.all().find(({ id }) => id === 'long');
  assert.ok(rig.payloads.payloads.has(long?.resultRef ?? ''));
}

/** The steps that a process takes to end every job, undisturbed. */
async function undisturbedSteps(): Promise<number> {
  const rig = await loadedRig();
  const app = startApp(rig);
  await untilDrained(rig);
  checkEnds(rig);
  return app.life.steps;
}

/** Runs the jobs in a process that is interfered with, and from then on in a second one beside it. */
async function disturbed(
  from: number,
  interfere: Interference,
  onDisturbed: (rig: PipelineRig) => void = () => undefined,
): Promise<void> {
  const rig = await loadedRig();
  const second = Promise.withResolvers<void>();
  const life = new ProcessLife((step) => {
    if (step.index >= from) {
      second.resolve();
    }
    return interfere(step);
  });
  startApp(rig, life);
  await rig.clock.run(second.promise);
  onDisturbed(rig);
  startApp(rig);
  await untilDrained(rig);
  checkEnds(rig);
}

describe('a process that ends every job', () => {
  it('takes its steps, each of which may be its last', async () => {
    assert.ok((await undisturbedSteps()) > 80);
  });

  it('J1, J2: may be killed before or after any of them', async () => {
    const steps = await undisturbedSteps();
    for (let last = 0; last < steps; last += 1) {
      await disturbed(
        last,
        ({ index }) => (index === last ? 'die' : 'go'),
        (rig) => rig.queue.dropLocks(),
      );
    }
  });

  it('J1, J2: may lose all its locks at any of them, told or not, and go on beside its successor', async () => {
    const steps = await undisturbedSteps();
    for (let from = 0; from < steps; from += 1) {
      for (const lose of ['loseLocks', 'dropLocks'] as const) {
        await disturbed(
          from,
          () => 'go',
          (rig) => rig.queue[lose](),
        );
      }
    }
  });

  it('J1, J2, J3: may get no answer, or no reply, for any stretch of them', async () => {
    const away = new AppError('test.away', 'The service is away.', { isRetryable: true });
    const steps = await undisturbedSteps();
    for (const length of [1, 7, 40]) {
      for (let from = 0; from < steps; from += Math.ceil(length / 2)) {
        await disturbed(from, ({ index, name }) => {
          const isAway = index >= from && index < from + length;
          return isAway && name !== 'models.call' ? away : 'go';
        });
      }
    }
  });
});
