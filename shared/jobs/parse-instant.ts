const pattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(?:Z|([+-])(\d{2}):?(\d{2}))$/u;

/**
 * Epoch milliseconds of an ISO 8601 time with a zone (`2026-01-31T08:00:00+01:00`); undefined for anything else. Pure
 * arithmetic on the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
export function parseInstant(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const part = (index: number): number => Number(match[index] ?? '0');
  const [year, month, day] = [part(1), part(2), part(3)];
  const isOnCalendar = month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
  const isOnClock = part(4) <= 23 && part(5) <= 59 && part(6) <= 59 && part(9) <= 23 && part(10) <= 59;
  if (!isOnCalendar || !isOnClock) {
    return undefined;
  }
  const days = daysSinceEpoch(year, month, day);
  const fractionMs = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const offsetMinutes = (match[8] === '-' ? -1 : 1) * (part(9) * 60 + part(10));
  return (((days * 24 + part(4)) * 60 + part(5) - offsetMinutes) * 60 + part(6)) * 1000 + fractionMs;
}

function daysOfMonth(year: number, month: number): number {
  const next = month === 12 ? daysSinceEpoch(year + 1, 1, 1) : daysSinceEpoch(year, month + 1, 1);
  return next - daysSinceEpoch(year, month, 1);
}

function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}
