import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFault } from '../../shared/describe-fault.ts';
import { AppError } from '../../shared/errors.ts';

test('an error of ours is told with its code, its message and its cause', () => {
  const cause = new AppError('cosmos.unavailable', 'Cosmos did not answer.');

  assert.equal(
    describeFault(new AppError('jobs.lost', 'A job was lost.', { cause })),
    'jobs.lost: A job was lost. (cause: cosmos.unavailable: Cosmos did not answer.)',
  );
});

test('an error of others is told by its name and where it was thrown, never by its message (T1)', () => {
  const told = describeFault(
    new AppError('jobs.bad', 'A job was bad.', { cause: new SyntaxError('Unexpected "secret prompt"') }),
  );

  assert.match(told, /SyntaxError at .*describe-fault\.test\.ts/u);
  assert.doesNotMatch(told, /secret prompt/u);
});

test('a message of several lines does not pass as part of the stack (T1)', () => {
  for (const message of ['first\nsecret second', 'first\n    at secret second', 'first\n    at secret (x.ts:1:2)']) {
    assert.doesNotMatch(describeFault(new Error(message)), /secret/u);
  }
});

test('a thrown value that is no error is not told', () => {
  assert.equal(describeFault('secret'), 'a thrown value that is no error');
  assert.doesNotMatch(describeFault({ secret: 1 }), /secret/u);
});
