import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { parseInstant } from '../../../shared/jobs/parse-instant.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** Times that are written as people and libraries write them, on the calendar or off it. */
const written = fc
  .record({
    year: fc.integer({ min: 0, max: 9999 }),
    month: fc.integer({ min: 0, max: 13 }),
    day: fc.integer({ min: 0, max: 32 }),
    hour: fc.integer({ min: 0, max: 25 }),
    minute: fc.integer({ min: 0, max: 60 }),
    second: fc.integer({ min: 0, max: 60 }),
    fraction: fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,12}$/u)),
    zone: fc.oneof(
      fc.constant('Z'),
      fc
        .tuple(fc.constantFrom('+', '-'), fc.nat(24), fc.nat(60))
        .map(([sign, hours, minutes]) => `${sign}${two(hours)}:${two(minutes)}`),
    ),
  })
  .map(({ year, month, day, hour, minute, second, fraction, zone }) => {
    const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
    return `${date}T${two(hour)}:${two(minute)}:${two(second)}${fraction}${zone}`;
  });

const schema = z.iso.datetime({ offset: true });

/** V8 misreads fractions of more than nine digits, so `Date.parse` is asked about the first three. */
const millisecondsOnly = (text: string): string => text.replace(/(\.\d{3})\d+/u, '$1');

test('a time that the schema takes is the instant that Date.parse reads, parts of a millisecond cut', () => {
  fc.assert(
    fc.property(
      written.filter((text) => schema.safeParse(text).success),
      (text) => {
        assert.equal(parseInstant(text), Date.parse(millisecondsOnly(text)));
      },
    ),
    { numRuns: 3000 },
  );
});

test('a time that is on no calendar or clock is none', () => {
  fc.assert(
    fc.property(
      written.filter((text) => Number.isNaN(Date.parse(text))),
      (text) => {
        assert.equal(parseInstant(text), undefined);
      },
    ),
    { numRuns: 1000 },
  );
});

test('every instant from the year 0 to 9999 comes back from its own text', () => {
  const [min, max] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];
  fc.assert(
    fc.property(fc.integer({ min, max }), (instant) => {
      assert.equal(parseInstant(new Date(instant).toISOString()), instant);
    }),
    { numRuns: 3000 },
  );
});

test('a day that its month does not have, a time without a zone and plain words are none', () => {
  for (const text of ['2026-02-29T00:00:00Z', '2026-01-31T08:00:00', 'tomorrow', '', '2026-1-31T08:00:00Z']) {
    assert.equal(parseInstant(text), undefined, text);
  }
});
