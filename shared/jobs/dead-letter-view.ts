import type { JsonObject } from '../json.ts';
import { remedies } from './dead-letter-reason.ts';
import type { JobDocument } from './job-document.ts';
import { jobView } from './job-view.ts';

/** A dead letter as `GET /api/dead-letters` shows it: the job, what would help, and whether it can be replayed. */
export function deadLetterView(document: JobDocument): JsonObject {
  const { reason, requestRef } = document;
  return {
    ...jobView(document, {}),
    ...(reason === undefined ? {} : { remedy: remedies[reason] }),
    isReplayable: requestRef !== undefined,
  };
}
