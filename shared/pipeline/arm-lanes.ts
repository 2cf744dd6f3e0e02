import { armLane, type Lane, laneId, type Ticket } from '../lanes/lane.ts';
import { jobQueues, ticketQueue } from '../pools/pool.ts';
import type { PipelineDeps } from './deps.ts';

type ArmDeps = Pick<PipelineDeps, 'lanes' | 'queue' | 'clock' | 'settings'>;

/** Arms one lane that is idle or has lapsed, and sends its ticket. False when every lane is armed or running already. */
export async function armFreeLane(deps: ArmDeps, traceparent: string | undefined): Promise<boolean> {
  for (let index = 0; index < deps.settings.lanes; index += 1) {
    const id = laneId(index);
    const stored = await deps.lanes.read(id);
    const armed = armLane(stored?.document, { id, now: deps.clock.now() });
    if (armed === undefined) {
      continue;
    }
    const written =
      stored === undefined ? await deps.lanes.create(armed) : await deps.lanes.replace(armed, stored.version);
    if (typeof written === 'object') {
      await sendTicket(deps, armed, traceparent);
    }
    // Lost the race: whoever won has armed it.
    return true;
  }
  return false;
}

export async function sendTicket(
  deps: Pick<PipelineDeps, 'queue'>,
  lane: Pick<Lane, 'id' | 'generation'>,
  traceparent: string | undefined,
): Promise<void> {
  const ticket: Ticket = { lane: lane.id, generation: lane.generation };
  const messageId = `${lane.id}.${lane.generation}`;
  await deps.queue.send(ticketQueue, [{ messageId, text: JSON.stringify(ticket), epoch: 0, traceparent }]);
}

/** Whether any queue holds a message that is due and not in hand. */
export async function hasWork(
  deps: Pick<PipelineDeps, 'queue' | 'pools'>,
  held: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<boolean> {
  for (const queue of jobQueues(deps.pools)) {
    if (await deps.queue.hasWork(queue, held.get(queue) ?? new Set())) {
      return true;
    }
  }
  return false;
}

/** The timer's part: when there is work, some lane is armed (L1). */
export async function wakeLanes(
  deps: ArmDeps & Pick<PipelineDeps, 'pools'>,
  traceparent: string,
): Promise<'idle' | 'armed' | 'busy'> {
  if (!(await hasWork(deps, new Map()))) {
    return 'idle';
  }
  return (await armFreeLane(deps, traceparent)) ? 'armed' : 'busy';
}
