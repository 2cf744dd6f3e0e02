import { after, before, describe, it } from 'node:test';
import { boundsOf, exactTimes } from '../jobs/claim-model-laws.ts';
import { shippedRules } from '../jobs/claim-model-rules.ts';
import { claimSchedules } from '../jobs/claim-schedules.ts';
import { playSchedule } from './play-schedule.ts';
import { type ScheduleStack, startScheduleStack } from './schedule-stack.ts';

/** Schedules that are played side by side. */
const queues = Array.from({ length: 4 }, (_, index) => `q${index}`);

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
  'two replays at once': boundsOf({
    faults: 1,
    kinds: ['death', 'reply'],
    workers: 1,
    operators: 2,
    operations: ['replay'],
    rules,
  }),
};

describe('the schedules of the model, played with the shipped use cases on the embedded stack', () => {
  let stack: ScheduleStack;
  before(async () => {
    stack = await startScheduleStack(queues);
  });
  after(async () => {
    await stack.stop();
  });

  for (const [name, bounds] of Object.entries(worlds)) {
    it(`${name}: end as the model says`, async (context) => {
      const schedules = claimSchedules(bounds);
      context.diagnostic(`${schedules.length} schedules`);
      const left = schedules.entries();
      await Promise.all(
        queues.map(async (queue) => {
          for (const [index, schedule] of left) {
            await playSchedule({ stack, queue, jobId: `${name.replaceAll(' ', '-')}-${index}` }, schedule);
          }
        }),
      );
    });
  }
});
