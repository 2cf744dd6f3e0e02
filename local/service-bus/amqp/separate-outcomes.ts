import { isAccepted, type PendingDisposition, type RheaSession } from './rhea-seam.ts';

/**
 * Has rhea write one disposition for each outcome. It joins those of consecutive deliveries, and compares each with the
 * one before, but never the second with the first (rhea 3.0.5, `write_dispositions`): a refusal and the acceptance after
 * it went out as two refusals, an acceptance and the refusal after it as two acceptances.
 */
export function separateOutcomes(session: RheaSession): void {
  const { incoming, outgoing } = session;
  const processOutgoing = outgoing.process.bind(outgoing);
  outgoing.process = () => {
    for (const run of runsOf(outgoing.pending_dispositions)) {
      outgoing.pending_dispositions = run;
      processOutgoing();
    }
  };
  const processIncoming = incoming.process.bind(incoming);
  incoming.process = (owner) => {
    for (const run of runsOf(incoming.updated)) {
      incoming.updated = run;
      processIncoming(owner);
    }
  };
}

/** Acceptances together, anything else alone; one empty run when there is nothing. */
function runsOf(pending: PendingDisposition[]): PendingDisposition[][] {
  if (pending.every(({ state }) => isAccepted(state))) {
    return [pending];
  }
  const runs: PendingDisposition[][] = [];
  let previous: PendingDisposition | undefined;
  for (const disposition of pending) {
    const isJoined = previous !== undefined && isAccepted(previous.state) && isAccepted(disposition.state);
    const last = runs.at(-1);
    if (isJoined && last !== undefined) {
      last.push(disposition);
    } else {
      runs.push([disposition]);
    }
    previous = disposition;
  }
  return runs;
}
