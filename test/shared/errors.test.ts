import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../shared/errors.ts';

test('an AppError keeps its code and its cause', () => {
  const cause = new Error('socket closed');

  const error = new AppError('cosmos.unavailable', 'Reading job a failed.', { cause, isRetryable: true });

  assert.equal(error.code, 'cosmos.unavailable');
  assert.equal(error.cause, cause);
  assert.equal(error.isRetryable, true);
});
