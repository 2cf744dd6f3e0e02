import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startErrors } from '../../bench/start-errors.ts';

test('errors are told as they are, and against what was waited', () => {
  const told = [
    { askedAt: 0, expectedAt: 10_000, startedAt: 10_000 },
    { askedAt: 0, expectedAt: 10_000, startedAt: 12_500 },
    { askedAt: 0, expectedAt: 10_000, startedAt: 9000 },
    { askedAt: 0, expectedAt: 0, startedAt: 100 },
  ];

  const errors = startErrors(told);

  assert.partialDeepStrictEqual(errors, { count: 4, waitP50Ms: 9000, waitP90Ms: 12_500, errorP50Ms: 100, biasMs: 0 });
  assert.equal(errors.errorP90Ms, 2500);
  assert.equal(errors.relativeErrorP90, 0.2);
});

test('of no start nothing is told', () => {
  assert.partialDeepStrictEqual(startErrors([]), { count: 0, errorP90Ms: 0, relativeErrorP90: 0 });
});
