import { Cron } from 'croner';

export interface TimerSchedule {
  /** The first occurrence after an instant, both in epoch milliseconds; `undefined` when there is none. */
  readonly nextAfter: (instantMs: number) => number | undefined;
}

/**
 * Reads an NCRONTAB expression: `second minute hour day month day-of-week`, or five fields without the second. Day and
 * day of week must both match. UTC, or the time zone of the app setting `WEBSITE_TIME_ZONE`
 * ("Timer trigger for Azure Functions: NCRONTAB expressions").
 * @throws when the text is something else; a time span, which only an App Service plan takes, is not carried.
 */
export function parseTimerSchedule(text: string, timeZone: string | undefined): TimerSchedule {
  const fields = text.trim().split(/\s+/u);
  if (fields.length === 1 && /^\d+(?:\.\d+)?:\d+:\d+$/u.test(text.trim())) {
    throw new Error(`The timer schedule "${text}" is a time span, which is not carried: write a cron expression.`);
  }
  if (![5, 6].includes(fields.length) || !fields.every((field) => fieldPattern.test(field))) {
    throw new Error(`The timer schedule "${text}" is not an NCRONTAB expression of five or six fields.`);
  }
  const cron = openCron(fields.join(' '), timeZone ?? 'UTC');
  return { nextAfter: (instantMs) => cron.nextRun(new Date(instantMs))?.getTime() };
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
