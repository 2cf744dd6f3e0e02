import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFields } from '../../../shared/telemetry/start-fields.ts';

test('a first start is held against the one that was expected: later is more', () => {
  const job = { createdAt: 1000, expectedStartAt: 5000 };

  assert.deepEqual(startFields(job, 5200), {
    'sluice.start.expected_wait_ms': 4000,
    'sluice.start.error_ms': 200,
  });
  assert.equal(startFields(job, 4900)['sluice.start.error_ms'], -100);
});

test('a later attempt, or a job of which nothing was expected, is held against nothing', () => {
  assert.deepEqual(startFields({ createdAt: 1000, expectedStartAt: 5000, attemptCount: 1 }, 9000), {});
  assert.deepEqual(startFields({ createdAt: 1000 }, 9000), {});
});
