import type { Fields } from './telemetry.ts';

export type CleanFields = Readonly<Record<string, string | number | boolean | string[]>>;

/** Longest text that a field keeps: names, ids and codes are shorter, so what is cut was never meant to be here (T1). */
const longestText = 1024;
const mostItems = 32;

/** Fields as exporters take them: nothing undefined, no NaN or infinity, texts and lists of bounded length. */
export function cleanFields(fields: Fields): CleanFields {
  const clean: Record<string, string | number | boolean | string[]> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === 'string') {
      clean[key] = value.slice(0, longestText);
    } else if (typeof value === 'number') {
      if (Number.isFinite(value)) {
        clean[key] = value;
      }
    } else if (typeof value === 'boolean') {
      clean[key] = value;
    } else if (value !== undefined) {
      clean[key] = value.slice(0, mostItems).map((item) => item.slice(0, longestText));
    }
  }
  return clean;
}

/**
 * A word that a service answered with (an error code, a finish reason, an id), or `other` when it does not look like
 * one: text from outside must not reach telemetry through a field that is meant for codes (T1).
 */
export function word(text: string | undefined): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  return /^[A-Za-z0-9._:/-]{1,128}$/u.test(text) ? text : 'other';
}
