import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRateLimit, readRetryAfterMs } from '../../../shared/models/read-rate-limit.ts';

const cases: readonly (readonly [string, Readonly<Record<string, string>>, string, number | undefined])[] = [
  ['seconds', { 'retry-after': '12' }, '', 12_000],
  ['milliseconds', { 'retry-after-ms': '40' }, '', 40],
  ['fractions of a second', { 'retry-after': '0.5' }, '', 500],
  ['the longer one of the two', { 'retry-after': '1', 'retry-after-ms': '0' }, '', 1000],
  ['the longer one of the two, the other way round', { 'retry-after': '1', 'retry-after-ms': '1500' }, '', 1500],
  ['a day, as sent', { 'retry-after': '86400' }, '', 86_400_000],
  ['a wait below zero, as sent', { 'retry-after': '-1' }, '', -1000],
  ['zero, as sent', { 'retry-after-ms': '0' }, '', 0],
  ['the message when no header was sent', {}, 'Please retry after 7 seconds.', 7000],
  ['the message in its other words', {}, 'Please try again in 250ms', 250],
  ['the header before the message', { 'retry-after': '2' }, 'Please retry after 86400 seconds.', 2000],
  ['nothing when nothing was sent', {}, 'Too many requests', undefined],
  ['nothing for a date', { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, '', undefined],
  ['nothing for words', { 'retry-after': 'soon', 'retry-after-ms': 'Infinity' }, '', undefined],
  ['nothing for other notations', { 'retry-after': '1e9', 'retry-after-ms': '0x10' }, '', undefined],
];

for (const [name, headers, message, expected] of cases) {
  test(`a wait is read from ${name}`, () => {
    assert.equal(
      readRetryAfterMs((header) => headers[header], message),
      expected,
    );
  });
}

test('rate limit headers are passed on as sent, and left out when they are no numbers', () => {
  const headers: Readonly<Record<string, string>> = {
    'x-ratelimit-limit-tokens': '30000',
    'x-ratelimit-remaining-tokens': '-1',
    'x-ratelimit-limit-requests': 'many',
  };

  assert.deepEqual(
    readRateLimit((name) => headers[name]),
    {
      limitTokens: 30_000,
      remainingTokens: -1,
      limitRequests: undefined,
      remainingRequests: undefined,
    },
  );
});
