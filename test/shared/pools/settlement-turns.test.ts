import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { settlementTurns } from '../../../shared/pools/settlement-turns.ts';

const outcome = fc.constantFrom('complete', 'abandon', 'alone');

/** Settlements that say when they run, and end when told. */
function scene() {
  const turns = settlementTurns();
  const running: { readonly name: string; readonly end: (failure?: Error) => void }[] = [];
  const take = async (kind: 'complete' | 'abandon' | 'alone', name: string): Promise<void> =>
    turns.take(kind, async () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const one = {
        name,
        end: (failure?: Error) => {
          running.splice(running.indexOf(one), 1);
          if (failure === undefined) {
            resolve();
          } else {
            reject(failure);
          }
        },
      };
      running.push(one);
      await promise;
    });
  return { take, running, names: () => running.map((one) => one.name) };
}

async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await Promise.resolve();
  }
}

test('completions pass together', () => {
  const { take, names } = scene();

  void take('complete', 'a');
  void take('complete', 'b');

  assert.deepEqual(names(), ['a', 'b']);
});

test('J2: an abandonment waits until the completions before it are confirmed', async () => {
  const { take, running, names } = scene();
  void take('complete', 'a');
  void take('abandon', 'b');
  void take('complete', 'c');
  assert.deepEqual(names(), ['a']);

  running[0]?.end();
  await microtasks();
  assert.deepEqual(names(), ['b']);

  running[0]?.end();
  await microtasks();
  assert.deepEqual(names(), ['c']);
});

test('a settlement that fails lets the next one pass', async () => {
  const { take, running, names } = scene();
  const failing = take('alone', 'a');
  void take('alone', 'b');

  running[0]?.end(new Error('the lock was lost'));

  await assert.rejects(failing, /lock was lost/u);
  await microtasks();
  assert.deepEqual(names(), ['b']);
});

test('whatever comes in whatever order: only like outcomes run together, and all run', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(outcome, { maxLength: 30 }), fc.infiniteStream(fc.nat(1000)), async (kinds, picks) => {
      const { take, running } = scene();
      const all = kinds.map(async (kind, index) => take(kind, `${kind} ${index}`));
      const started: string[] = [];
      while (running.length > 0) {
        const together = running.map((one) => one.name.split(' ')[0]);
        assert.equal(new Set(together).size, 1);
        assert.ok(together[0] !== 'alone' || together.length === 1);
        const one = running[(picks.next().value ?? 0) % running.length];
        started.push(one?.name ?? '');
        one?.end();
        await microtasks();
      }
      await Promise.all(all);
      assert.equal(new Set(started).size, kinds.length);
    }),
  );
});
