import { AppError } from '../errors.ts';
import { isSameLane, type Lane } from '../lanes/lane.ts';
import type { PipelineDeps } from './deps.ts';

/** Rounds of reading and writing a lane: each lost round means that somebody else wrote it. */
const mostRounds = 8;

/**
 * Runs a lane's transition as one conditional write, and gives back what was written; `undefined` when the transition
 * does not apply.
 *
 * @throws AppError `cosmos.unavailable`, `lanes.contended` (retryable)
 */
export async function changeLane(
  deps: Pick<PipelineDeps, 'lanes'>,
  id: string,
  decide: (lane: Lane | undefined) => Lane | undefined,
): Promise<Lane | undefined> {
  let tried: Lane | undefined;
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = await deps.lanes.read(id);
    if (tried !== undefined && stored !== undefined && isSameLane(stored.document, tried)) {
      // Our own write, whose reply was lost.
      return tried;
    }
    const next = decide(stored?.document);
    if (next === undefined) {
      return undefined;
    }
    const written =
      stored === undefined ? await deps.lanes.create(next) : await deps.lanes.replace(next, stored.version);
    if (typeof written === 'object') {
      return next;
    }
    tried = next;
  }
  throw new AppError('lanes.contended', `Changing ${id} met another writer ${mostRounds} times. It is tried again.`, {
    isRetryable: true,
  });
}
