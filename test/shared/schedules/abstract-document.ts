import type { JobDocument } from '../../../shared/jobs/job-document.ts';

/** What the model knows of a document; claims have the same owners in the model and in what is played. */
export function abstractOf(document: JobDocument | undefined) {
  if (document === undefined) {
    return undefined;
  }
  const { state, epoch, claim, openCalls = [], replays = [], reason } = document;
  return {
    state,
    epoch,
    owner: claim?.owner,
    attempt: claim?.attempt,
    openCalls: openCalls.map(({ owner }) => owner),
    replays: replays.length,
    reason,
  };
}
