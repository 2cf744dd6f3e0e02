import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../../../shared/pipeline/within.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';

test('a call that answers in time is answered, and nobody sleeps on', async () => {
  const clock = fakeClock();

  assert.equal(await within(clock, 1000, async () => 'answer'), 'answer');
  assert.equal(clock.sleepers(), 0);
});

test('a call that takes longer gives nothing, whatever comes of it', async () => {
  const clock = fakeClock();
  const late = Promise.withResolvers<string>();
  const from = clock.now();

  assert.equal(await clock.run(within(clock, 1000, async () => late.promise)), undefined);
  assert.equal(clock.now() - from, 1000);
  late.reject(new Error('too late to be told'));
  await clock.settle();
});

test('a call that fails in time throws', async () => {
  const failing = within(fakeClock(), 1000, async () => {
    throw new Error('told');
  });

  await assert.rejects(failing, /told/u);
});
