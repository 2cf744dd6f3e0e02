import type { JobDocument } from '../../../shared/jobs/job-document.ts';

interface AbstractDocument extends Pick<JobDocument, 'state' | 'epoch'> {
  readonly owner: string | undefined;
  readonly attempt: number | undefined;
  /** Their owners. */
  readonly openCalls: readonly string[];
  readonly replays: number;
  readonly reason: JobDocument['reason'];
}

/** What the model knows of a document; claims have the same owners in the model and in what is played. */
export function abstractOf(document: JobDocument | undefined): AbstractDocument | undefined {
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
