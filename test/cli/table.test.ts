import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shorten, table, time } from '../../cli/table.ts';

test('columns are as wide as they must be, and numbers stand to the right', () => {
  const text = table(
    ['job', 'calls'],
    [
      ['a', 5],
      ['longer', 12],
    ],
  );

  assert.equal(text, 'job     calls\na           5\nlonger     12');
});

test('what others wrote cannot move the cursor or break the line', () => {
  assert.equal(table(['d'], [['a\u001b[2Jb\nc']]), 'd\na·[2Jb·c');
  assert.equal(shorten('one\ntwo three', 8), 'one·two…');
});

test('times are told in UTC', () => {
  assert.equal(time(Date.UTC(2026, 0, 31, 8, 0, 5)), '2026-01-31 08:00:05');
  assert.equal(time(undefined), '');
});
