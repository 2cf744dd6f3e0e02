import { Cron } from 'croner';
import { parseTimeSpanMs } from './parse-time-span.ts';

export interface TimerSchedule {
  /** The first occurrence after an instant, both in epoch milliseconds; `undefined` when there is none. */
  readonly nextAfter: (instantMs: number) => number | undefined;
  /** By the calendar, and so by its daylight saving time; false of an interval. */
  readonly adjustsForDaylightSaving: boolean;
}

/**
 * Reads an NCRONTAB expression: `second minute hour day month day-of-week`, or five fields without the second. Day and
 * day of week must both match. UTC, or the time zone of the app setting `WEBSITE_TIME_ZONE`. Or an interval: a time span
 * such as `00:05:00`, which runs from one call to the next and on Azure is only for an App Service plan
 * ("Timer trigger for Azure Functions: NCRONTAB expressions, TimeSpan").
 * @throws when the text is something else
 */
export function parseTimerSchedule(text: string, timeZone: string | undefined): TimerSchedule {
  const fields = text.trim().split(/\s+/u);
  const intervalMs = parseTimeSpanMs(text.trim());
  if (intervalMs !== undefined && intervalMs > 0) {
    return { nextAfter: (instantMs) => instantMs + intervalMs, adjustsForDaylightSaving: false };
  }
  if (![5, 6].includes(fields.length) || !fields.every((field) => fieldPattern.test(field))) {
    throw new Error(
      `The timer schedule "${text}" is not an NCRONTAB expression of five or six fields, nor a time span above zero.`,
    );
  }
  const cron = openCron(fields.join(' '), timeZone ?? 'UTC');
  return { nextAfter: (instantMs) => cron.nextRun(new Date(instantMs))?.getTime(), adjustsForDaylightSaving: true };
}

/** Numbers, lists, ranges, steps and names. What other cron dialects add (`L`, `W`, `#`, `?`) NCRONTAB has not. */
const fieldPattern =
  /^(?:\*|\d+|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)|[-,/])+$/iu;

function openCron(text: string, timezone: string): Cron {
  try {
    return new Cron(text, { timezone, mode: '5-or-6-parts', domAndDow: true, paused: true });
  } catch (cause) {
    throw new Error(`The timer schedule "${text}" is not a valid NCRONTAB expression in the time zone ${timezone}.`, {
      cause,
    });
  }
}
