import type { Reserver } from '../../shared/bucket/reserver.ts';
import type { Clock } from '../../shared/clock.ts';

/** The one bucket of every simulation. */
export const bucketId = 'quota';

/** Nobody stops a simulated worker gently: its signal never rings, and need not keep who listens. */
const neverAborted = new AbortController().signal;
Object.defineProperties(neverAborted, {
  addEventListener: { value: () => undefined },
  removeEventListener: { value: () => undefined },
});

/**
 * Waits for a start as the pipeline does (`shared/pipeline/wait-for-start.ts`): all contact with the way in which the
 * reserver hands out starts is here. `again` when the start was missed and thrown away (B3).
 */
export async function takeTurn(reserver: Reserver, clock: Clock, cost: number): Promise<'start' | 'again'> {
  const reservation = await reserver.reserve({ bucketId, cost }, neverAborted);
  if (reservation === undefined) {
    return 'again';
  }
  await clock.sleep(reservation.startMs - clock.now(), neverAborted);
  return clock.now() <= reservation.latestMs ? 'start' : 'again';
}
