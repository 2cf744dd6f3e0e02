import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problem } from '../../functions/problem.ts';

test("a problem's status is the number of the response, whatever is told beside it", () => {
  const response = problem(409, { code: 'submit.conflict', title: 'Taken', more: { id: 'a', status: 'conflict' } });

  const told = { type: 'about:blank', title: 'Taken', status: 409, code: 'submit.conflict', id: 'a' };
  assert.equal(response.body, JSON.stringify(told));
});

test('a problem that passes by itself says when to come back', () => {
  const response = problem(503, { code: 'queue.full', title: 'Full' });

  assert.deepEqual(response.headers, {
    'content-type': 'application/problem+json; charset=utf-8',
    'retry-after': '5',
  });
});
