import type { Value } from '../json.ts';

/** A point in time as the service counts it: ticks of 100 ns since the Unix epoch. */
export type Ticks = bigint;

export const ticksPerMs = 10_000n;

const pattern =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:T(?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,7}))?)?Z?)?$/u;

/** Reads `YYYY-MM-DDThh:mm:ss.fffffffZ`, in which the end may be left out; undefined for anything else. */
export function readDateTime(value: Value): Ticks | undefined {
  const parts = typeof value === 'string' ? pattern.exec(value)?.groups : undefined;
  if (parts === undefined) {
    return undefined;
  }
  const number = (name: string): number => Number(parts[name] ?? '0');
  return ticksOf({
    year: number('year'),
    month: number('month'),
    day: number('day'),
    hour: number('hour'),
    minute: number('minute'),
    second: number('second'),
    fraction: Number((parts['fraction'] ?? '').padEnd(7, '0')),
  });
}

export interface DateParts {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Ticks of 100 ns. */
  readonly fraction: number;
}

/** Undefined for parts that no calendar has. */
export function ticksOf({ year, month, day, hour, minute, second, fraction }: DateParts): Ticks | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  const isReal =
    year >= 1 &&
    year <= 9999 &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    second >= 0 &&
    second < 60 &&
    fraction >= 0 &&
    fraction < 10_000_000;
  return isReal ? BigInt(date.getTime()) * ticksPerMs + BigInt(fraction) : undefined;
}

/** The milliseconds that a point in time lies in, and the ticks behind their start. */
export function splitTicks(ticks: Ticks): { readonly date: Date; readonly restTicks: number } {
  const ms = floorDivide(ticks, ticksPerMs);
  return { date: new Date(Number(ms)), restTicks: Number(ticks - ms * ticksPerMs) };
}

/** `YYYY-MM-DDThh:mm:ss.fffffffZ`; undefined beyond the years that this has room for. */
export function writeDateTime(ticks: Ticks): string | undefined {
  const { date, restTicks } = splitTicks(ticks);
  const year = date.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) {
    return undefined;
  }
  return date.toISOString().replace('Z', `${String(restTicks).padStart(4, '0')}Z`);
}

export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return quotient * by > value ? quotient - 1n : quotient;
}
