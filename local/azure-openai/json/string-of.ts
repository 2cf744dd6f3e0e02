import { composeText } from '../chat/compose-text.ts';
import type { Random } from '../seeded-random.ts';
import type { JsonSchema } from './json-schema.ts';
import { patternText } from './pattern-text.ts';

/** Longer ones are not made up. */
const mostCharacters = 100_000;

/** A string of a schema's format, pattern and length; undefined when none was found. */
export function stringOf(schema: JsonSchema, random: Random): string | undefined {
  const { maxLength = Number.POSITIVE_INFINITY, minLength = 0, pattern } = schema;
  if (minLength > Math.min(maxLength, mostCharacters)) {
    return undefined;
  }
  if (pattern !== undefined) {
    return patternText(pattern, { random, minLength, maxLength });
  }
  const text = formats.get(schema.format ?? '')?.(random) ?? prose(random);
  return text.length >= minLength && text.length <= maxLength ? text : fitted(random, { minLength, maxLength });
}

function prose(random: Random): string {
  const count = 2 + Math.floor(random() * 5);
  return composeText(random, count).slice(0, count).join('');
}

function fitted(random: Random, size: { readonly minLength: number; readonly maxLength: number }): string {
  let text = prose(random);
  while (text.length < size.minLength) {
    text += ` ${prose(random)}`;
  }
  return text.slice(0, Math.max(size.minLength, Math.min(size.maxLength, text.length)));
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
}

function hex(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
}

function within(random: Random, low: number, high: number): string {
  return String(low + Math.floor(random() * (high - low + 1))).padStart(2, '0');
}

function date(random: Random): string {
  return `20${within(random, 20, 29)}-${within(random, 1, 12)}-${within(random, 1, 28)}`;
}

function time(random: Random): string {
  return `${within(random, 0, 23)}:${within(random, 0, 59)}:${within(random, 0, 59)}Z`;
}

const formats: ReadonlyMap<string, (random: Random) => string> = new Map([
  ['date', date],
  ['time', time],
  ['date-time', (random: Random) => `${date(random)}T${time(random)}`],
  ['duration', (random: Random) => `PT${within(random, 1, 59)}M`],
  ['email', (random: Random) => `user${digits(random, 4)}@example.com`],
  ['hostname', (random: Random) => `host${digits(random, 3)}.example.com`],
  ['ipv4', (random: Random) => `192.0.2.${1 + Math.floor(random() * 254)}`],
  ['ipv6', (random: Random) => `2001:db8::${hex(random, 4)}`],
  ['uri', (random: Random) => `https://example.com/${digits(random, 4)}`],
  [
    'uuid',
    (random: Random) => `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`,
  ],
]);
