import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimerSchedule } from '../../../local/functions-host/timer-schedule.ts';

function nextAfter(schedule: string, instant: string, timeZone?: string): string | undefined {
  const next = parseTimerSchedule(schedule, timeZone).nextAfter(Date.parse(instant));
  return next === undefined ? undefined : new Date(next).toISOString();
}

test('six fields begin with the second, five with the minute', () => {
  assert.equal(nextAfter('*/15 * * * * *', '2026-01-01T00:00:16Z'), '2026-01-01T00:00:30.000Z');
  assert.equal(nextAfter('*/15 * * * *', '2026-01-01T00:16:00Z'), '2026-01-01T00:30:00.000Z');
});

test('the next occurrence is after the instant, never at it', () => {
  assert.equal(nextAfter('0 0 * * * *', '2026-01-01T01:00:00Z'), '2026-01-01T02:00:00.000Z');
});

test('day and day of week both have to match', () => {
  // The first Friday the 13th of 2026 is in February.
  assert.equal(nextAfter('0 0 0 13 * Fri', '2026-01-01T00:00:00Z'), '2026-02-13T00:00:00.000Z');
});

test('WEBSITE_TIME_ZONE moves the schedule', () => {
  assert.equal(nextAfter('0 30 9 * * 1-5', '2026-01-02T15:00:00Z', 'America/New_York'), '2026-01-05T14:30:00.000Z');
});

test('what is not NCRONTAB is refused', () => {
  assert.throws(() => parseTimerSchedule('00:05:00', undefined), /is a time span, which is not carried/u);
  for (const text of ['', '* * *', '0 0 0 L * *', '0 0 0 ? * MON#2', '99 * * * * *', 'every minute']) {
    assert.throws(() => parseTimerSchedule(text, undefined), /NCRONTAB/u, text);
  }
});
