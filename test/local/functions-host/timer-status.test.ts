import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimerSchedule } from '../../../local/functions-host/timers/timer-schedule.ts';
import {
  parseStatus,
  statusAfterCall,
  statusAtStart,
  statusJson,
  type TimerStatus,
} from '../../../local/functions-host/timers/timer-status.ts';

const hourly = parseTimerSchedule('0 0 * * * *', undefined);
const at = (text: string): number => Date.parse(`2026-01-01T${text}Z`);

function status(last: string, next: string): TimerStatus {
  return { lastMs: at(last), nextMs: at(next), updatedMs: at(last) };
}

test('a timer that was never seen waits for its next occurrence', () => {
  assert.deepEqual(statusAtStart(undefined, hourly, at('10:30:00')), {
    status: { lastMs: undefined, nextMs: at('11:00:00'), updatedMs: at('10:30:00') },
    isPastDue: false,
    isNew: true,
  });
});

test('S2: a timer whose next occurrence is over is past due, however many were missed', () => {
  const stored = status('10:00:00', '11:00:00');

  assert.deepEqual(statusAtStart(stored, hourly, at('15:20:00')), { status: stored, isPastDue: true, isNew: false });
  assert.equal(statusAtStart(stored, hourly, at('10:59:59')).isPastDue, false);
});

test('S2: a timer that never fired is past due by the occurrence after it was first seen', () => {
  const stored = { lastMs: undefined, nextMs: at('11:00:00'), updatedMs: at('10:30:00') };

  assert.equal(statusAtStart(stored, hourly, at('11:00:01')).isPastDue, true);
});

test('S1: a schedule that has changed makes nothing past due', () => {
  const stored = status('10:00:00', '10:05:00');

  assert.deepEqual(statusAtStart(stored, hourly, at('10:30:00')), {
    status: { lastMs: undefined, nextMs: at('11:00:00'), updatedMs: at('10:00:00') },
    isPastDue: false,
    isNew: true,
  });
  assert.deepEqual(statusAtStart(stored, hourly, at('15:30:00')).status, {
    lastMs: undefined,
    nextMs: at('16:00:00'),
    updatedMs: at('15:30:00'),
  });
});

test('the next occurrence is counted from the beginning of a call, so that what passed meanwhile comes at once', () => {
  const after = statusAfterCall(status('10:00:00', '11:00:00'), hourly, { firedMs: at('11:00:00'), isScheduled: true });

  assert.deepEqual(after, status('11:00:00', '12:00:00'));
});

test('a call a little before its occurrence counts as of then, and one out of turn as of itself', () => {
  const before = status('10:00:00', '11:00:00');

  const early = statusAfterCall(before, hourly, { firedMs: at('10:59:59.900'), isScheduled: true });
  const outOfTurn = statusAfterCall(before, hourly, { firedMs: at('10:20:00'), isScheduled: false });

  assert.equal(early.nextMs, at('12:00:00'));
  assert.equal(outOfTurn.nextMs, at('11:00:00'));
});

test('an interval counts from call to call', () => {
  const fiveMinutes = parseTimerSchedule('00:05:00', undefined);

  const after = statusAfterCall(status('10:00:00', '10:05:00'), fiveMinutes, {
    firedMs: at('10:07:00'),
    isScheduled: true,
  });

  assert.equal(after.nextMs, at('10:12:00'));
  assert.equal(statusAtStart(after, fiveMinutes, at('10:13:00')).isPastDue, true);
});

test('a status is read as it was written, also one that the extension wrote; any other text is none', () => {
  const kept = status('10:00:00', '11:00:00');
  const first = { ...kept, lastMs: undefined };

  assert.deepEqual(parseStatus(JSON.stringify(statusJson(kept))), kept);
  assert.deepEqual(parseStatus(JSON.stringify(statusJson(first))), first);
  assert.deepEqual(
    parseStatus(
      '{"Last":"0001-01-01T00:00:00+00:00","Next":"2026-01-01T11:00:00+00:00","LastUpdated":"2026-01-01T10:00:00+00:00"}',
    ),
    first,
  );
  assert.equal(parseStatus('{"Last":"yesterday","Next":"x","LastUpdated":"y"}'), undefined);
  assert.equal(parseStatus('nothing'), undefined);
});
