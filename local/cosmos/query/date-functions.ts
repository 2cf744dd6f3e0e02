import type { Value } from '../json.ts';
import { floorDivide, readDateTime, splitTicks, ticksOf, ticksPerMs, writeDateTime, type Ticks } from './date-time.ts';
import { fixed, type FunctionEntry } from './query-function.ts';

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond' | 'microsecond' | 'nanosecond';

const partNames: Readonly<Record<Part, readonly string[]>> = {
  year: ['year', 'yyyy', 'yy'],
  month: ['month', 'mm', 'm'],
  day: ['day', 'dd', 'd'],
  hour: ['hour', 'hh'],
  minute: ['minute', 'mi', 'n'],
  second: ['second', 'ss', 's'],
  millisecond: ['millisecond', 'ms'],
  microsecond: ['microsecond', 'mcs'],
  nanosecond: ['nanosecond', 'ns'],
};

const parts = new Map<string, Part>();
for (const part of [
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
  'nanosecond',
] as const) {
  for (const name of partNames[part]) {
    parts.set(name, part);
  }
}

/** What a part lasts, in nanoseconds; years and months have no fixed length. */
const nanoseconds: Readonly<Record<Exclude<Part, 'year' | 'month'>, bigint>> = {
  day: 86_400_000_000_000n,
  hour: 3_600_000_000_000n,
  minute: 60_000_000_000n,
  second: 1_000_000_000n,
  millisecond: 1_000_000n,
  microsecond: 1000n,
  nanosecond: 1n,
};

const nanosecondsPerTick = 100n;

/** learn.microsoft.com/azure/cosmos-db/nosql/query, the functions of date and time. */
export const dateFunctions: readonly FunctionEntry[] = [
  ['AGO', fixed(2, ([part, count], nowMs) => add(readPart(part), negative(count), BigInt(nowMs) * ticksPerMs))],
  ['DATETIMEADD', fixed(3, ([part, count, time]) => add(readPart(part), count, readDateTime(time)))],
  ['DATETIMEBIN', { fewest: 2, most: 4, apply: bin }],
  ['DATETIMEDIFF', fixed(3, ([part, from, to]) => difference(readPart(part), readDateTime(from), readDateTime(to)))],
  ['DATETIMEFROMPARTS', { fewest: 3, most: 7, apply: fromParts }],
  ['DATETIMEPART', fixed(2, ([part, time]) => partOf(readPart(part), readDateTime(time)))],
  ['DATETIMETOTICKS', fixed(1, ([time]) => numberOf(readDateTime(time)))],
  ['DATETIMETOTIMESTAMP', fixed(1, ([time]) => toTimestamp(readDateTime(time)))],
  ['DAY', fixed(1, ([time]) => partOf('day', readDateTime(time)))],
  ['MONTH', fixed(1, ([time]) => partOf('month', readDateTime(time)))],
  ['YEAR', fixed(1, ([time]) => partOf('year', readDateTime(time)))],
  ['GETCURRENTDATETIME', fixed(0, (_none, nowMs) => writeDateTime(BigInt(nowMs) * ticksPerMs))],
  ['GETCURRENTDATETIMESTATIC', fixed(0, (_none, nowMs) => writeDateTime(BigInt(nowMs) * ticksPerMs))],
  ['GETCURRENTTICKS', fixed(0, (_none, nowMs) => Number(BigInt(nowMs) * ticksPerMs))],
  ['GETCURRENTTICKSSTATIC', fixed(0, (_none, nowMs) => Number(BigInt(nowMs) * ticksPerMs))],
  ['GETCURRENTTIMESTAMP', fixed(0, (_none, nowMs) => nowMs)],
  ['GETCURRENTTIMESTAMPSTATIC', fixed(0, (_none, nowMs) => nowMs)],
  ['NOW', fixed(0, (_none, nowMs) => writeDateTime(BigInt(nowMs) * ticksPerMs))],
  ['TICKSTODATETIME', fixed(1, ([ticks]) => (isWhole(ticks) ? writeDateTime(BigInt(ticks)) : undefined))],
  ['TIMESTAMPTODATETIME', fixed(1, ([ms]) => (isWhole(ms) ? writeDateTime(BigInt(ms) * ticksPerMs) : undefined))],
];

function negative(value: Value): Value {
  return typeof value === 'number' ? -value : undefined;
}

function readPart(name: Value): Part | undefined {
  return typeof name === 'string' ? parts.get(name.toLowerCase()) : undefined;
}

function isWhole(value: Value): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}

function numberOf(ticks: Ticks | undefined): Value {
  return ticks === undefined ? undefined : Number(ticks);
}

function toTimestamp(ticks: Ticks | undefined): Value {
  return ticks === undefined ? undefined : Number(floorDivide(ticks, ticksPerMs));
}

function add(part: Part | undefined, count: Value, time: Ticks | undefined): Value {
  if (part === undefined || !isWhole(count) || time === undefined) {
    return undefined;
  }
  if (part === 'year' || part === 'month') {
    return addMonths(time, part === 'year' ? count * 12 : count);
  }
  return writeDateTime(time + (BigInt(count) * nanoseconds[part]) / nanosecondsPerTick);
}

/** The same day of another month, or its last one. */
function addMonths(time: Ticks, count: number): Value {
  const { date, restTicks } = splitTicks(time);
  const day = date.getUTCDate();
  const moved = new Date(date);
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + count);
  const lastDay = new Date(moved);
  lastDay.setUTCMonth(lastDay.getUTCMonth() + 1, 0);
  moved.setUTCDate(Math.min(day, lastDay.getUTCDate()));
  return Number.isNaN(moved.getTime())
    ? undefined
    : writeDateTime(BigInt(moved.getTime()) * ticksPerMs + BigInt(restTicks));
}

/** How many boundaries of the part lie between the two. */
function difference(part: Part | undefined, from: Ticks | undefined, to: Ticks | undefined): Value {
  if (part === undefined || from === undefined || to === undefined) {
    return undefined;
  }
  if (part === 'year' || part === 'month') {
    const [start, end] = [splitTicks(from).date, splitTicks(to).date];
    const years = end.getUTCFullYear() - start.getUTCFullYear();
    return part === 'year' ? years : years * 12 + end.getUTCMonth() - start.getUTCMonth();
  }
  const boundary = (time: Ticks): bigint => floorDivide(time * nanosecondsPerTick, nanoseconds[part]);
  return Number(boundary(to) - boundary(from));
}

function partOf(part: Part | undefined, time: Ticks | undefined): Value {
  if (part === undefined || time === undefined) {
    return undefined;
  }
  const { date, restTicks } = splitTicks(time);
  const ticksOfSecond = date.getUTCMilliseconds() * 10_000 + restTicks;
  const values: Readonly<Record<Part, number>> = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
    microsecond: Math.floor(ticksOfSecond / 10),
    nanosecond: ticksOfSecond * 100,
  };
  return values[part];
}

function fromParts(given: readonly Value[]): Value {
  if (!given.every(isWhole)) {
    return undefined;
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0] = given;
  const ticks = ticksOf({ year, month, day, hour, minute, second, fraction });
  return ticks === undefined ? undefined : writeDateTime(ticks);
}

const windowsEpoch = readDateTime('1601-01-01') ?? 0n;

/** The start of the bin that the time lies in; bins are counted from the Unix epoch, or from a start of one's own. */
function bin([time, partName, size = 1, start = '1970-01-01']: readonly Value[]): Value {
  const part = readPart(partName);
  const [at, origin] = [readDateTime(time), readDateTime(start)];
  const isBin = part !== undefined && part !== 'year' && part !== 'month' && isWhole(size) && size > 0;
  if (!isBin || at === undefined || origin === undefined || origin < windowsEpoch) {
    return undefined;
  }
  const width = BigInt(size) * nanoseconds[part];
  const from = floorDivide((at - origin) * nanosecondsPerTick, width) * width;
  return writeDateTime(origin + floorDivide(from, nanosecondsPerTick));
}
