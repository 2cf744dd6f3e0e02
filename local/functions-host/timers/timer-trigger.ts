/**
 * Runs the app's timer functions.
 *
 * 1. Of all hosts on one storage at most one fires a timer (see `hold-lease.ts`); never a correctness tool, as on Azure.
 * 2. A timer's calls do not overlap; of occurrences that pass while one runs, one comes right after it.
 * 3. A monitored timer (unless `useMonitor` is off, or it comes more often than once a minute) keeps its next occurrence
 *    in a blob. When that is over at a start it fires once, at once, with `isPastDue` (see `timer-status.ts`).
 */
import type { ContainerClient } from '@azure/storage-blob';
import { setTimeout as delay } from 'node:timers/promises';
import type { Invoker } from '../app/create-invoker.ts';
import { holdLease } from './hold-lease.ts';
import type { TimerBinding } from '../app/read-bindings.ts';
import type { TimerSchedule } from './timer-schedule.ts';
import { parseStatus, statusAfterCall, statusAtStart, statusJson, type TimerStatus } from './timer-status.ts';

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
  const store = statusStore(timer, settings, startedMs);
  const start = statusAtStart(await store.read(), schedule, startedMs);
  if (start.isNew) {
    await store.write(start.status);
  }
  let { status } = start;
  const firing = { timer, settings, store };
  if (start.isPastDue || binding.runOnStartup) {
    status = await fire({ ...firing, status, isPastDue: start.isPastDue, isScheduled: false });
  }
  while (await waitUntil(status.nextMs, lost)) {
    status = await fire({ ...firing, status, isPastDue: false, isScheduled: true });
  }
}

interface Firing {
  readonly timer: TimerFunction;
  readonly settings: TimerTriggerSettings;
  readonly store: StatusStore;
  readonly status: TimerStatus;
  readonly isPastDue: boolean;
  readonly isScheduled: boolean;
}

async function fire({ timer, settings, store, status, isPastDue, isScheduled }: Firing): Promise<TimerStatus> {
  const firedMs = Date.now();
  const { schedule } = timer;
  const json = JSON.stringify({
    Schedule: { AdjustForDST: schedule.adjustsForDaylightSaving },
    ScheduleStatus: store.isMonitored ? statusJson(status) : null,
    IsPastDue: isPastDue,
  });
  await settings.invoker.invoke({
    functionName: timer.name,
    input: { name: timer.binding.name, data: { json } },
    triggerMetadata: {},
  });
  const next = statusAfterCall(status, schedule, { firedMs, isScheduled });
  await store.write(next);
  return next;
}

interface StatusStore {
  readonly isMonitored: boolean;
  readonly read: () => Promise<TimerStatus | undefined>;
  readonly write: (status: TimerStatus) => Promise<void>;
}

/** A timer that is not monitored, or comes more often than once a minute, reads nothing and keeps nothing. */
function statusStore(timer: TimerFunction, settings: TimerTriggerSettings, nowMs: number): StatusStore {
  const isOften = intervalMs(timer.schedule, nowMs) < minuteMs;
  if (isOften || timer.binding.useMonitor === false) {
    return { isMonitored: false, read: async () => undefined, write: async () => undefined };
  }
  const { container, hostId } = settings;
  const blob = container.getBlockBlobClient(`timers/${hostId}/${timer.name}/status`);
  return {
    isMonitored: true,
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
