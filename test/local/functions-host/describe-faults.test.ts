import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFaults } from '../../../local/functions-host/service-bus/describe-faults.ts';

test('a fault that several attempts met alike is logged once, by what they met', () => {
  const lines: string[] = [];
  const { fault, recovered } = describeFaults('queue "a"', (line) => lines.push(line));
  const missing = new Error('There is no queue a.');

  fault('receive', missing);
  fault('receive', new AggregateError([missing, missing]));
  recovered();
  fault('receive', new AggregateError([missing, new Error('The connection was refused.')]));

  assert.deepEqual(lines, [
    '[warning] queue "a": receive: There is no queue a.',
    '[warning] queue "a": receive: There is no queue a.; The connection was refused.',
  ]);
});
