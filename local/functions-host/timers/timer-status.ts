/**
 * What is known of a timer's schedule: when it last fired, and when it is to fire next. Decides as the timer extension
 * does (Azure/azure-webjobs-sdk-extensions, `ScheduleMonitor` and `TimerListener`).
 *
 * S1. `nextMs` is the first occurrence after `lastMs`, or, of a timer that never fired, after `updatedMs`. A status of
 *     which that is not true is of another schedule: it is made anew, and nothing is past due for it.
 * S2. A timer is past due when the next occurrence of its status is over.
 */
import { z } from 'zod';
import type { TimerSchedule } from './timer-schedule.ts';

export interface TimerStatus {
  readonly lastMs: number | undefined;
  readonly nextMs: number;
  readonly updatedMs: number;
}

export interface StatusAtStart {
  readonly status: TimerStatus;
  readonly isPastDue: boolean;
  /** It is not what is stored. */
  readonly isNew: boolean;
}

export function statusAtStart(stored: TimerStatus | undefined, schedule: TimerSchedule, nowMs: number): StatusAtStart {
  if (stored === undefined) {
    const status = { lastMs: undefined, nextMs: nextOf(schedule, nowMs), updatedMs: nowMs };
    return { status, isPastDue: false, isNew: true };
  }
  const fromMs = stored.lastMs ?? stored.updatedMs;
  const expectedMs = nextOf(schedule, fromMs);
  if (stored.nextMs === expectedMs) {
    return { status: stored, isPastDue: nowMs > expectedMs, isNew: false };
  }
  const isOver = nowMs > expectedMs;
  const status = {
    lastMs: undefined,
    nextMs: isOver ? nextOf(schedule, nowMs) : expectedMs,
    updatedMs: isOver ? nowMs : fromMs,
  };
  return { status, isPastDue: false, isNew: true };
}

/**
 * The status after a call that began at `firedMs`. One that began a little before its occurrence counts as of then: else
 * that occurrence would come again. Occurrences that passed while it ran are one: the next is over, and fires at once.
 */
export function statusAfterCall(
  before: TimerStatus,
  schedule: TimerSchedule,
  call: { readonly firedMs: number; readonly isScheduled: boolean },
): TimerStatus {
  const lastMs = call.isScheduled ? Math.max(call.firedMs, before.nextMs) : call.firedMs;
  return { lastMs, nextMs: nextOf(schedule, lastMs), updatedMs: lastMs };
}

function nextOf(schedule: TimerSchedule, instantMs: number): number {
  return schedule.nextAfter(instantMs) ?? lastDateMs;
}

/** The last instant that a `Date` can hold. */
const lastDateMs = 8_640_000_000_000_000;

const never = '0001-01-01T00:00:00';

/** As the extension stores and sends it. */
export function statusJson({ lastMs, nextMs, updatedMs }: TimerStatus): Readonly<Record<string, string>> {
  const iso = (instantMs: number): string => new Date(instantMs).toISOString();
  return { Last: lastMs === undefined ? never : iso(lastMs), Next: iso(nextMs), LastUpdated: iso(updatedMs) };
}

const statusText = z.object({ Last: z.string(), Next: z.string(), LastUpdated: z.string() });

/** A status that cannot be read counts as none: the timer then waits for its next occurrence. */
export function parseStatus(text: string): TimerStatus | undefined {
  try {
    const { Last, Next, LastUpdated } = statusText.parse(JSON.parse(text));
    const lastMs = Last.startsWith('0001-01-01') ? undefined : Date.parse(Last);
    const status = { lastMs, nextMs: Date.parse(Next), updatedMs: Date.parse(LastUpdated) };
    return Object.values(status).some((value) => Number.isNaN(value)) ? undefined : status;
  } catch {
    return undefined;
  }
}
