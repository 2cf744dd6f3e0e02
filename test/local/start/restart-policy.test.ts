import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostRestarts, nextRestart } from '../../../local/start/restart-policy.ts';

test('each death within two minutes doubles the wait before the next start', () => {
  const deaths = [0, 1000, 2000, 3000, 4000];

  const waits = deaths.map((_, index) => nextRestart(deaths.slice(0, index + 1)));

  assert.deepEqual(
    waits,
    [250, 500, 1000, 2000, 4000].map((waitMs) => ({ kind: 'restart', waitMs })),
  );
});

test('a part that died once more than it may be restarted is given up', () => {
  const deaths = Array.from({ length: mostRestarts + 1 }, (_, index) => index * 1000);

  assert.deepEqual(nextRestart(deaths), { kind: 'give-up' });
});

test('deaths older than two minutes are forgotten', () => {
  const deaths = Array.from({ length: 20 }, (_, index) => index * 120_000);

  assert.deepEqual(nextRestart(deaths), { kind: 'restart', waitMs: 250 });
});
