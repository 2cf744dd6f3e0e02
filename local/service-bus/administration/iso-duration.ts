/** .NET's `TimeSpan.MaxValue`, which the service gives and takes for "for ever". */
const unboundedDuration = 'P10675199DT2H48M5.4775807S';

/** The whole days of `unboundedDuration`: whatever lasts as long is unbounded. */
const unboundedDays = 10_675_199;

const pattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/u;

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/**
 * Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds, which are the ones that the service takes
 * (XML Schema's `dayTimeDuration`); `Infinity` for an unbounded one, undefined when the text is no duration.
 */
export function parseIsoDuration(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null || text.endsWith('P') || text.endsWith('T')) {
    return undefined;
  }
  const [days, hours, minutes, seconds] = match.slice(1).map((part: string | undefined) => Number(part ?? 0));
  if ((days ?? 0) >= unboundedDays) {
    return Number.POSITIVE_INFINITY;
  }
  return Math.round(
    (days ?? 0) * dayMs + (hours ?? 0) * hourMs + (minutes ?? 0) * minuteMs + (seconds ?? 0) * secondMs,
  );
}

/** The shortest form, as the service writes it: `PT1M30S`. Undefined and infinite ones are unbounded. */
export function formatIsoDuration(ms: number | undefined): string {
  if (ms === undefined || ms === Number.POSITIVE_INFINITY) {
    return unboundedDuration;
  }
  const part = (value: number, unit: string): string => (value === 0 ? '' : `${value}${unit}`);
  const time =
    part(Math.floor((ms % dayMs) / hourMs), 'H') +
    part(Math.floor((ms % hourMs) / minuteMs), 'M') +
    part((ms % minuteMs) / secondMs, 'S');
  const text = `P${part(Math.floor(ms / dayMs), 'D')}${time === '' ? '' : `T${time}`}`;
  return text === 'P' ? 'PT0S' : text;
}
