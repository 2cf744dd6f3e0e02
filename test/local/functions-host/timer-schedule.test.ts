import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimerSchedule } from '../../../local/functions-host/timers/timer-schedule.ts';

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

test('a time span is an interval from any instant', () => {
  assert.equal(nextAfter('00:05:00', '2026-01-01T00:00:16Z'), '2026-01-01T00:05:16.000Z');
  assert.equal(nextAfter('1.00:00:30', '2026-01-01T00:00:00Z'), '2026-01-02T00:00:30.000Z');
  assert.equal(parseTimerSchedule('00:05:00', undefined).adjustsForDaylightSaving, false);
});

test('a day that a time zone makes shorter or longer keeps its hours', () => {
  const zone = 'Europe/Berlin';
  assert.equal(nextAfter('0 30 12 * * *', '2026-03-28T12:00:00Z', zone), '2026-03-29T10:30:00.000Z');
  assert.equal(nextAfter('0 30 12 * * *', '2026-10-24T11:00:00Z', zone), '2026-10-25T11:30:00.000Z');
});

test('what is not NCRONTAB is refused', () => {
  for (const text of [
    '',
    '00:00:00',
    '24:00:00',
    '* * *',
    '0 0 0 L * *',
    '0 0 0 ? * MON#2',
    '99 * * * * *',
    'every minute',
  ]) {
    assert.throws(() => parseTimerSchedule(text, undefined), /NCRONTAB/u, text);
  }
});
