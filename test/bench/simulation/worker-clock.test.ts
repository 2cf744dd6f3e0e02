import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualTime } from '../../../bench/simulation/virtual-time.ts';
import { WorkerClock } from '../../../bench/simulation/worker-clock.ts';

test('a clock is off by its error, and a timer rings at most 1.5 ms late', async () => {
  const time = new VirtualTime(1000);
  const clock = new WorkerClock(time, -20, () => 0.999);
  const rang: number[] = [];
  void clock.sleep(100).then(() => rang.push(time.nowMs, clock.now()));
  await time.run(2000);

  assert.deepEqual(rang, [1101.4985, 1081.4985]);
});

test('what is due in a stall happens at its end, in its order', async () => {
  const time = new VirtualTime(0);
  const clock = new WorkerClock(time, 0, () => 0);
  const log: string[] = [];
  for (const atMs of [30, 10, 20, 60]) {
    clock.after(atMs, () => log.push(`${atMs} at ${time.nowMs}`));
  }
  time.at(5, () => clock.stall(45));
  await time.run(100);

  assert.deepEqual(log, ['10 at 50', '20 at 50', '30 at 50', '60 at 60']);
});

test('nothing happens in a worker that is gone', async () => {
  const time = new VirtualTime(0);
  const clock = new WorkerClock(time, 0, () => 0);
  const log: number[] = [];
  void clock.sleep(10).then(() => log.push(10));
  void clock.sleep(30).then(() => log.push(30));
  time.at(20, () => clock.end());
  await time.run(100);

  assert.deepEqual(log, [10]);
  assert.equal(clock.isOver, true);
});
