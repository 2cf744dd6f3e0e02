import { AppError } from '../errors.ts';

/**
 * Payload names stand under our own prefixes: `requests/{jobId}~{digest}.json` and `results/{jobId}~{attempt}.json`.
 * S1: nothing else is ever read or written, whatever a message or a document says.
 *
 * The ending keeps a name from being, or ending in, a dot segment, which a URL would resolve; `~` is in no id, so that
 * no two jobs share a name.
 */
const namePattern = /^(?:requests|results)\/[A-Za-z0-9._:-]{1,128}~[A-Za-z0-9._:-]{1,128}\.json$/u;

/**
 * Where a job's request is kept. The digest is the request's own, so that another body under the same id never replaces
 * what a message refers to. Throws AppError `payloads.invalid_name` for what is no job id.
 */
export function requestName(jobId: string, digest: string): string {
  return checked(`requests/${jobId}~${digest.slice(0, 32)}.json`);
}

/**
 * Where an attempt's result is kept. `attempt` is unique to the attempt (the owner of its claim), so that one whose claim
 * was taken over cannot write over the result that counts (J1). Both match `[A-Za-z0-9._:-]{1,128}`, or an AppError
 * `payloads.invalid_name` is thrown.
 */
export function resultName(jobId: string, attempt: string): string {
  return checked(`results/${jobId}~${attempt}.json`);
}

/** What the names of a job's payloads begin with, and those of no other job: `~` is in no id. */
export function payloadPrefixes(jobId: string): readonly string[] {
  const ending = 'x.json';
  return [requestName(jobId, 'x'), resultName(jobId, 'x')].map((name) => name.slice(0, -ending.length));
}

/** True for names that are made here: the check for a name that came in a message (S1). */
export function isPayloadName(name: string): boolean {
  return namePattern.test(name);
}

function checked(name: string): string {
  if (!isPayloadName(name)) {
    throw new AppError(
      'payloads.invalid_name',
      'A payload name was asked for with an id that names may not hold: ids match [A-Za-z0-9._:-]{1,128}.',
    );
  }
  return name;
}
