/**
 * Runs the app's timer functions.
 *
 * 1. Of all hosts on one storage at most one fires a timer (see `hold-lease.ts`); never a correctness tool, as on Azure.
 * 2. A timer's calls do not overlap; occurrences that pass while one runs are skipped.
 * 3. A monitored timer (`useMonitor`, by default when its interval is a minute or more) keeps its next occurrence in a
 *    blob. When that is past at a start it fires once, at once, with `isPastDue`.
 */
import type { ContainerClient } from '@azure/storage-blob';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Invoker } from './create-invoker.ts';
import { holdLease } from './hold-lease.ts';
import type { TimerBinding } from './read-bindings.ts';
import type { TimerSchedule } from './timer-schedule.ts';

export interface TimerFunction {
  readonly name: string;
  readonly binding: TimerBinding;
  readonly schedule: TimerSchedule;
}

export interface TimerTriggerSettings {
  /** Where leases and statuses are kept; made when missing. */
  readonly container: ContainerClient;
  /** Hosts of the same id share their timers. */
  readonly hostId: string;
  readonly invoker: Invoker;
  readonly log: (line: string) => void;
}

export interface TimerTrigger {
  /** Starts no further call; ends when the lease is given back, which is after a call in flight. */
  readonly stop: () => Promise<void>;
}

export function startTimerTrigger(timer: TimerFunction, settings: TimerTriggerSettings): TimerTrigger {
  const { name } = timer;
  const { container, hostId, log } = settings;
  const stopping = new AbortController();
  const ended = holdLease(
    { container, blobName: `locks/${hostId}/${name}.Listener`, log, signal: stopping.signal },
    async (lost) => runTimer(timer, settings, lost),
  );
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

async function runTimer(timer: TimerFunction, settings: TimerTriggerSettings, lost: AbortSignal): Promise<void> {
  const { schedule, binding } = timer;
  const startedMs = Date.now();
  const status = timerStatus(timer, settings, startedMs);
  let last = await status.read();
  const isPastDue = last !== undefined && last.nextMs < startedMs;
  if (isPastDue || binding.runOnStartup) {
    last = await fire({ timer, settings, status, isPastDue, last });
  } else if (last === undefined) {
    await status.write(statusAfter(schedule, undefined, startedMs));
  }
  for (;;) {
    const nextMs = schedule.nextAfter(Date.now()) ?? Infinity;
    if (!(await waitUntil(nextMs, lost))) {
      return;
    }
    last = await fire({ timer, settings, status, isPastDue: false, last });
  }
}

interface TimerStatus {
  readonly lastMs: number | undefined;
  readonly nextMs: number;
  readonly updatedMs: number;
}

interface Firing {
  readonly timer: TimerFunction;
  readonly settings: TimerTriggerSettings;
  readonly status: StatusStore;
  readonly isPastDue: boolean;
  readonly last: TimerStatus | undefined;
}

async function fire({ timer, settings, status, isPastDue, last }: Firing): Promise<TimerStatus> {
  const firedMs = Date.now();
  const current = statusAfter(timer.schedule, firedMs, firedMs);
  await settings.invoker.invoke({
    functionName: timer.name,
    input: { name: timer.binding.name, data: { json: JSON.stringify(timerPayload(isPastDue, last ?? current)) } },
    triggerMetadata: {},
  });
  const next = statusAfter(timer.schedule, firedMs, Date.now());
  await status.write(next);
  return next;
}

/** What the timer extension sends (`TimerInfo`), property names as .NET writes them. */
function timerPayload(isPastDue: boolean, status: TimerStatus): unknown {
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: statusJson(status),
    IsPastDue: isPastDue,
  };
}

function statusAfter(schedule: TimerSchedule, lastMs: number | undefined, nowMs: number): TimerStatus {
  return { lastMs, nextMs: schedule.nextAfter(nowMs) ?? Number.MAX_SAFE_INTEGER, updatedMs: nowMs };
}

interface StatusStore {
  readonly read: () => Promise<TimerStatus | undefined>;
  readonly write: (status: TimerStatus) => Promise<void>;
}

/** A timer that is not monitored reads nothing and keeps nothing. */
function timerStatus(timer: TimerFunction, settings: TimerTriggerSettings, nowMs: number): StatusStore {
  if (!(timer.binding.useMonitor ?? intervalMs(timer.schedule, nowMs) >= minuteMs)) {
    return { read: async () => undefined, write: async () => undefined };
  }
  const { container, hostId } = settings;
  const blob = container.getBlockBlobClient(`timers/${hostId}/${timer.name}/status`);
  return {
    read: async () => ((await blob.exists()) ? parseStatus((await blob.downloadToBuffer()).toString()) : undefined),
    write: async (status) => {
      const text = JSON.stringify(statusJson(status));
      await blob.upload(text, Buffer.byteLength(text));
    },
  };
}

const minuteMs = 60_000;

function intervalMs(schedule: TimerSchedule, nowMs: number): number {
  const first = schedule.nextAfter(nowMs);
  const second = first === undefined ? undefined : schedule.nextAfter(first);
  return first === undefined || second === undefined ? Infinity : second - first;
}

const never = '0001-01-01T00:00:00';

function statusJson({ lastMs, nextMs, updatedMs }: TimerStatus): Readonly<Record<string, string>> {
  const iso = (instantMs: number): string => new Date(Math.min(instantMs, lastDateMs)).toISOString();
  return { Last: lastMs === undefined ? never : iso(lastMs), Next: iso(nextMs), LastUpdated: iso(updatedMs) };
}

/** The last instant that a `Date` can hold. */
const lastDateMs = 8_640_000_000_000_000;

const statusText = z.object({ Last: z.string(), Next: z.string(), LastUpdated: z.string() });

/** A status that cannot be read counts as none: the timer then waits for its next occurrence. */
function parseStatus(text: string): TimerStatus | undefined {
  try {
    const { Last, Next, LastUpdated } = statusText.parse(JSON.parse(text));
    const lastMs = Last === never ? undefined : Date.parse(Last);
    return { lastMs, nextMs: Date.parse(Next), updatedMs: Date.parse(LastUpdated) };
  } catch {
    return undefined;
  }
}

/** False when the signal was aborted first. Waits in steps: a Node timer holds no more than 2^31 ms. */
async function waitUntil(instantMs: number, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const leftMs = instantMs - Date.now();
    if (signal.aborted || leftMs <= 0) {
      return !signal.aborted;
    }
    await delay(Math.min(leftMs, longestWaitMs), undefined, { signal }).catch(() => undefined);
  }
}

const longestWaitMs = 3_600_000;
