import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valueOf } from './run-text.ts';

test('the functions of the current time tell when the query began', () => {
  const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

  assert.equal(valueOf('GetCurrentTimestamp()', nowMs), nowMs);
  assert.equal(valueOf('GetCurrentDateTime()', nowMs), '2026-01-02T03:04:05.6780000Z');
  assert.equal(valueOf('GetCurrentTicks()', nowMs), nowMs * 10_000);
  assert.equal(valueOf('Ago("dd", 1)', nowMs), '2026-01-01T03:04:05.6780000Z');
});

const refusals = [
  ['DateTimeFormat("2026-01-01", "yyyy")', /does not carry DATETIMEFORMAT/u],
  ['RegexMatch("a", "(?=a)")', /look-around/u],
  ['RegexMatch("aa", "(a)\\\\1")', /back references/u],
  ['RegexMatch("a", "a++")', /possessive/u],
  ['RegexMatch("a", "[[:alpha:]]")', /POSIX/u],
  ['RegexMatch("a", "(a{900}){900}")', /more than 20000 steps/u],
] as const;

for (const [expression, message] of refusals) {
  test(`is refused by name: ${expression}`, () => {
    assert.throws(() => valueOf(expression), { name: 'QueryError', message });
  });
}
