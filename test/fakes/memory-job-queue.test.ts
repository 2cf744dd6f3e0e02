import { jobQueueContract } from '../contracts/job-queue-contract.ts';
import { fakeClock } from './fake-clock.ts';
import { memoryJobQueue } from './memory-job-queue.ts';

jobQueueContract('queues in memory', async () => {
  const clock = fakeClock();
  const queue = memoryJobQueue(clock);
  return {
    queue,
    run: clock.run,
    now: clock.now,
    pass: async (ms) => clock.sleep(ms),
    deadLetters: async () => queue.deadLetters('jobs'),
    loseLocks: queue.loseLocks,
  };
});
