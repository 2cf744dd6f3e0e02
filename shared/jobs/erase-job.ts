import type { JobDocument } from './job-document.ts';

/** How long an erased id stays taken, in seconds: longer than any message of the job can be under way. */
const tombstoneSeconds = 7 * 24 * 3600;

/**
 * What is left of an erased job: nothing of the caller's. A message of it that comes back, or comes late, finds another body
 * under its id and is completed; without a tombstone it would run the job once more. `isErasing` until the payloads and the
 * dead-lettered message are gone as well.
 */
export function eraseJob(document: JobDocument, now: number): JobDocument {
  const { id, v, pool, createdAt, epoch } = document;
  return {
    id,
    v,
    state: 'cancelled',
    pool,
    model: '',
    digest: '',
    createdAt,
    epoch,
    endedAt: now,
    erasedAt: now,
    isErasing: true,
    ttl: tombstoneSeconds,
  };
}

/** The tombstone of a job that is erased as a whole. */
export function finishErasing(tombstone: JobDocument): JobDocument {
  const { isErasing: _isErasing, ...rest } = tombstone;
  return rest;
}
