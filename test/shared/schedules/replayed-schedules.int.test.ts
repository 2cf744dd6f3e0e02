import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boundsOf, exactTimes } from '../jobs/claim-model-laws.ts';
import { shippedRules } from '../jobs/claim-model-rules.ts';
import { claimSchedules } from '../jobs/claim-schedules.ts';
import { playSchedule } from './play-schedule.ts';
import { type ScheduleStack, startScheduleStack } from './schedule-stack.ts';

const rules = { ...shippedRules, ...exactTimes };

const worlds = {
  'one fault': boundsOf({ faults: 1, rules }),
  'a replay and an erasure': boundsOf({
    faults: 1,
    kinds: ['death', 'reply'],
    operators: 1,
    operations: ['replay', 'erase'],
    rules,
  }),
  'two replays at once': boundsOf({ faults: 0, workers: 1, operators: 2, operations: ['replay'], rules }),
};

/** Of the schedules that are played side by side; each world has its own, so that none disturbs another. */
function queuesOf(world: string): readonly string[] {
  return [1, 2, 3, 4].map((lane) => `${world.replaceAll(' ', '-')}-${lane}`);
}

describe('the schedules of the model, played with the shipped use cases on the embedded stack', () => {
  let stack: ScheduleStack;
  before(async () => {
    stack = await startScheduleStack(Object.keys(worlds).flatMap(queuesOf));
  });
  after(async () => {
    await stack.stop();
  });

  for (const [name, bounds] of Object.entries(worlds)) {
    it(`${name}: end as the model says`, async (context) => {
      const schedules = claimSchedules(bounds);
      context.diagnostic(`${schedules.length} schedules`);
      const left = schedules.entries();
      const failures: unknown[] = [];
      const playAll = async (queue: string): Promise<void> => {
        for (const [index, schedule] of left) {
          try {
            await playSchedule({ stack, queue, jobId: `${name.replaceAll(' ', '-')}-${index}` }, schedule);
          } catch (error) {
            // What it left on its queue would disturb the next.
            failures.push(error);
            return;
          }
        }
      };
      await Promise.all(queuesOf(name).map(playAll));
      assert.deepEqual(failures, []);
    });
  }
});
