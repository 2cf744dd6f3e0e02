import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualTime } from '../../../bench/simulation/virtual-time.ts';

test('events happen in the order of their times, those of one instant in the order of their planning', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 60 }), async (delays) => {
      const time = new VirtualTime(1000);
      const happened: { readonly atMs: number; readonly index: number }[] = [];
      for (const [index, delay] of delays.entries()) {
        time.at(1000 + delay, () => happened.push({ atMs: time.nowMs, index }));
      }
      await time.run(2000);

      const expected = delays
        .map((delay, index) => ({ atMs: 1000 + delay, index }))
        .toSorted((a, b) => a.atMs - b.atMs || a.index - b.index);
      assert.deepEqual(happened, expected);
      assert.equal(time.nowMs, 2000);
    }),
  );
});

test('everything that an event sets going has gone as far as it can before the next event, however long the chain', async () => {
  const time = new VirtualTime(0);
  const log: string[] = [];
  const chain = async (name: string): Promise<void> => {
    for (let turn = 0; turn < 500; turn += 1) {
      await Promise.resolve();
    }
    await new Promise<void>((resolve) => queueMicrotask(resolve)).finally(() => undefined);
    log.push(`${name} at ${time.nowMs}`);
  };
  for (const atMs of [1, 1, 2, 3]) {
    time.at(atMs, () => {
      log.push(`event at ${atMs}`);
      void chain('chain');
    });
  }
  await time.run(10);

  const pairs = [1, 1, 2, 3].flatMap((atMs) => [`event at ${atMs}`, `chain at ${atMs}`]);
  assert.deepEqual(log, pairs);
});

test('an event may plan another one of its own instant, and one of the past happens now', async () => {
  const time = new VirtualTime(100);
  const log: number[] = [];
  time.at(110, () => {
    time.at(50, () => log.push(time.nowMs));
    time.at(110, () => log.push(time.nowMs));
  });
  time.at(111, () => log.push(time.nowMs));
  await time.run(200);

  assert.deepEqual(log, [110, 110, 111]);
});

test('what lies after the end of a run happens in the next one', async () => {
  const time = new VirtualTime(0);
  const log: string[] = [];
  time.at(10, () => log.push('at the end'));
  time.at(11, () => log.push('after it'));

  await time.run(10);
  assert.deepEqual(log, ['at the end']);
  await time.run(11);
  assert.deepEqual(log, ['at the end', 'after it']);
});

test('an event that throws, and a fault that is told, end the run', async () => {
  const throwing = new VirtualTime(0);
  throwing.at(1, () => {
    throw new Error('thrown');
  });
  await assert.rejects(throwing.run(10), /thrown/u);

  const told = new VirtualTime(0);
  told.at(1, () => {
    Promise.reject(new Error('told')).catch((error: unknown) => told.fail(error));
  });
  told.at(2, () => assert.fail('the run goes on'));
  await assert.rejects(told.run(10), /told/u);
});

test('an aborted run ends, and says so', async () => {
  const time = new VirtualTime(0);
  const controller = new AbortController();
  const tick = (): void => {
    time.at(time.nowMs + 1, tick);
    if (time.nowMs === 50) {
      controller.abort();
    }
  };
  tick();

  await assert.rejects(time.run(1_000_000, controller.signal), { name: 'AbortError' });
  assert.equal(time.nowMs, 50);
});
