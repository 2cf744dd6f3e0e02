import type { JsonObject } from '../json.ts';
import type { JobFitting } from './job-document.ts';

/** What was done to a job's request so that it fits its model's window, as callers are told it. */
export function fittingView({ correction, ...fitting }: JobFitting): JsonObject {
  return correction === undefined ? fitting : { ...fitting, correction };
}
