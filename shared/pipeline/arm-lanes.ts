import { armLane, disarmLane, type Lane, laneId, type Ticket } from '../lanes/lane.ts';
import { jobQueues, ticketQueue } from '../pools/pool.ts';
import { changeLane } from './change-lane.ts';
import type { PipelineDeps } from './deps.ts';

type ArmDeps = Pick<PipelineDeps, 'lanes' | 'queue' | 'clock' | 'settings'>;

/** Arms one lane that is idle or has lapsed, and sends its ticket. False when every lane is armed or running already. */
export async function armFreeLane(deps: ArmDeps, traceparent: string | undefined): Promise<boolean> {
  for (let index = 0; index < deps.settings.lanes; index += 1) {
    const id = laneId(index);
    let wasFree = false;
    const armed = await changeLane(deps, id, (lane) => {
      const next = armLane(lane, { id, now: deps.clock.now() });
      wasFree ||= next !== undefined;
      return next;
    });
    if (armed !== undefined) {
      await sendTicket(deps, armed, traceparent);
    }
    if (wasFree) {
      // By us, or by whoever was faster.
      return true;
    }
  }
  return false;
}

/** Sends an armed lane's ticket. When that fails the lane is free again: nobody would wait for this ticket in vain. */
export async function sendTicket(
  deps: Pick<PipelineDeps, 'queue' | 'lanes'>,
  lane: Lane,
  traceparent: string | undefined,
): Promise<void> {
  const ticket: Ticket = { lane: lane.id, generation: lane.generation };
  const messageId = `${lane.id}.${lane.generation}`;
  try {
    await deps.queue.send(ticketQueue, [{ messageId, text: JSON.stringify(ticket), epoch: 0, traceparent }]);
  } catch (error) {
    await changeLane(deps, lane.id, (current) => disarmLane(current, lane.generation));
    throw error;
  }
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
