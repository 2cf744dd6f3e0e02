import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type SettlementKind, settlementTurns } from '../../../shared/pools/settlement-turns.ts';

const outcome = fc.constantFrom<SettlementKind[]>('complete', 'abandon', 'alone');

/** Settlements that are written down turn by turn, and never confirmed. */
function scene() {
  const turns: string[][] = [[]];
  let goOn: (() => void) | undefined;
  const { take } = settlementTurns(
    async () =>
      new Promise((resolve) => {
        goOn = resolve;
      }),
  );
  return {
    take: (kind: SettlementKind, name: string = kind): void => {
      void take(kind, async () => {
        turns.at(-1)?.push(name);
        return new Promise(() => undefined);
      });
    },
    turns,
    /** Ends the turn; false when nobody waited for its end. */
    pass: async (): Promise<boolean> => {
      const next = goOn;
      goOn = undefined;
      turns.push([]);
      next?.();
      for (let turn = 0; turn < 10; turn += 1) {
        await Promise.resolve();
      }
      return next !== undefined;
    },
  };
}

test('completions pass together', () => {
  const { take, turns } = scene();

  take('complete', 'a');
  take('complete', 'b');

  assert.deepEqual(turns, [['a', 'b']]);
});

test('J2: an abandonment waits until the completions before it are written, and no longer', async () => {
  const { take, turns, pass } = scene();
  take('complete', 'a');
  take('abandon', 'b');
  take('complete', 'c');
  assert.deepEqual(turns, [['a']]);

  await pass();
  await pass();

  assert.deepEqual(turns, [['a'], ['b'], ['c']]);
});

test('dead letters pass one a turn, however many there are', async () => {
  const { take, turns, pass } = scene();
  for (const name of ['a', 'b', 'c']) {
    take('alone', name);
  }

  while (await pass()) {
    // Until nobody waits for a turn.
  }

  assert.deepEqual(
    turns.filter((turn) => turn.length > 0),
    [['a'], ['b'], ['c']],
  );
});

test('a settlement that fails tells so, and lets the next one pass', async () => {
  const passing: (() => void)[] = [];
  const turns = settlementTurns(async () => new Promise((resolve) => passing.push(resolve)));
  const failing = turns.take('alone', async () => {
    throw new Error('the lock was lost');
  });
  const next = turns.take('alone', async () => 'settled');

  await assert.rejects(failing, /lock was lost/u);
  passing[0]?.();
  assert.equal(await next, 'settled');
});

test('whatever comes in whatever order: only like outcomes share a turn, and all pass in the order in which they came', async () => {
  const step = fc.oneof(outcome, fc.constant('pass' as const));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { take, turns, pass } = scene();
      for (const [index, one] of steps.entries()) {
        if (one === 'pass') {
          await pass();
        } else {
          take(one, `${one} ${index}`);
        }
      }
      while (await pass()) {
        // Until nobody waits for a turn.
      }
      for (const turn of turns) {
        const kinds = new Set(turn.map((name) => name.split(' ')[0]));
        assert.ok(kinds.size <= 1);
        assert.ok(!kinds.has('alone') || turn.length === 1);
      }
      const asked = steps.flatMap((one, index) => (one === 'pass' ? [] : [`${one} ${index}`]));
      assert.deepEqual(turns.flat(), asked);
    }),
  );
});
