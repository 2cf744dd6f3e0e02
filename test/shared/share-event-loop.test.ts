import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareEventLoop } from '../../shared/share-event-loop.ts';

/** What one turn may hold, in µs. */
const turnUs = 8000;

/** An event loop whose turns the test tells to come. */
function loop() {
  const waiting: (() => void)[] = [];
  return {
    nextTurn: (resume: () => void): void => void waiting.push(resume),
    /** Ends a turn; false when nobody waits for the next. */
    turn: async (): Promise<boolean> => {
      const resume = waiting.shift();
      assert.equal(waiting.length, 0, 'one call waits for the next turn, however many jobs do');
      resume?.();
      await new Promise((done) => {
        setImmediate(done);
      });
      return resume !== undefined;
    },
  };
}

test('no turn holds more than its share, however many have work, and all of it is done', async () => {
  const work = fc.array(fc.integer({ min: 1, max: 2 * turnUs }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(work, async (parts) => {
      const { nextTurn, turn } = loop();
      const yieldToEventLoop = shareEventLoop(nextTurn);
      const done: number[] = [];
      for (const [index, workUs] of parts.entries()) {
        void yieldToEventLoop(workUs).then(() => done.push(index));
      }

      let seen = 0;
      do {
        await new Promise((next) => {
          setImmediate(next);
        });
        const inTurn = done.slice(seen).map((index) => parts[index] ?? 0);
        const us = inTurn.reduce((sum, part) => sum + part, 0);
        assert.ok(us <= turnUs || inTurn.length === 1, `${us} µs in one turn`);
        seen = done.length;
      } while (await turn());

      assert.deepEqual(
        done.toSorted((a, b) => a - b),
        parts.map((_, index) => index),
      );
    }),
    { numRuns: 50 },
  );
});

test('small work waits for nobody while a turn has room, and a new turn has room again', async () => {
  const { nextTurn, turn } = loop();
  const yieldToEventLoop = shareEventLoop(nextTurn);
  let isDone = false;

  await yieldToEventLoop(turnUs / 2);
  await yieldToEventLoop(turnUs / 2);
  void yieldToEventLoop(1).then(() => {
    isDone = true;
  });
  await Promise.resolve();
  assert.equal(isDone, false);
  await turn();

  assert.equal(isDone, true);
  await turn();
  assert.equal(await turn(), false, 'nobody is woken when there is nothing to do');
});

test('a small task waits for no more than a turn or two, however many large ones stand in line; those end too', async () => {
  const { nextTurn, turn } = loop();
  const yieldToEventLoop = shareEventLoop(nextTurn);
  const done: string[] = [];
  const large = async (name: string): Promise<void> => {
    for (let slice = 0; slice < 3; slice += 1) {
      await yieldToEventLoop(turnUs, 100 * turnUs);
      done.push(name);
    }
  };
  const all = Array.from({ length: 50 }, async (_, index) => large(`large ${index}`));
  const small = async (): Promise<void> => {
    await yieldToEventLoop(100, 100);
    done.push('small');
  };
  await turn();
  all.push(small());

  await turn();
  await turn();
  assert.ok(done.includes('small'), done.join());
  let turns = 0;
  while (await turn()) {
    turns += 1;
    if (turns < 100) {
      all.push(small());
    }
  }

  await Promise.all(all);
  assert.equal(done.filter((name) => name.startsWith('large')).length, 150);
});
