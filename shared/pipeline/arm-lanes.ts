import { armLane, disarmLane, type Lane, laneId, type Ticket } from '../lanes/lane.ts';
import { ticketQueue } from '../pools/pool.ts';
import { changeLane } from './change-lane.ts';
import type { PipelineDeps } from './deps.ts';
import { servedQueues, type ServingDeps } from './served-pools.ts';

type ArmDeps = Pick<PipelineDeps, 'lanes' | 'queue' | 'clock' | 'settings'>;

/** Arms the first lane if it is idle or has lapsed, and sends its ticket. False when it is armed or running already. */
export async function armFirstLane(deps: ArmDeps, traceparent: string | undefined): Promise<boolean> {
  return armIfFree(deps, laneId(0), traceparent);
}

/** Arms free lanes, the first ones first, until `wanted` are armed or running. False when as many are already. */
export async function armLanes(deps: ArmDeps, wanted: number, traceparent: string | undefined): Promise<boolean> {
  const ids = Array.from({ length: deps.settings.lanes }, (_, index) => laneId(index));
  const lanes = await Promise.all(ids.map(async (id) => ({ id, stored: await deps.lanes.read(id) })));
  const now = deps.clock.now();
  const free = lanes.filter(({ id, stored }) => armLane(stored?.document, { id, now }) !== undefined);
  const missing = free.slice(0, Math.max(0, wanted - (lanes.length - free.length)));
  for (const { id } of missing) {
    await armIfFree(deps, id, traceparent);
  }
  return missing.length > 0;
}

async function armIfFree(deps: ArmDeps, id: string, traceparent: string | undefined): Promise<boolean> {
  let wasFree = false;
  const armed = await changeLane(deps, id, (lane) => {
    const next = armLane(lane, { id, now: deps.clock.now() });
    wasFree ||= next !== undefined;
    return next;
  });
  if (armed !== undefined) {
    await sendTicket(deps, armed, traceparent);
  }
  // By us, or by whoever was faster.
  return wasFree;
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

/** Whether any queue that can be served now holds a message that is due and not in hand. */
export async function hasWork(
  deps: Pick<PipelineDeps, 'queue'> & ServingDeps,
  held: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<boolean> {
  for (const queue of servedQueues(deps)) {
    if (await deps.queue.hasWork(queue, held.get(queue) ?? new Set())) {
      return true;
    }
  }
  return false;
}

/** The timer's part: when there is work that can be served, as many lanes as there are at least are armed (L1). */
export async function wakeLanes(deps: ArmDeps & ServingDeps, traceparent: string): Promise<'idle' | 'armed' | 'busy'> {
  await Promise.all([deps.switches.refresh(), deps.health.refresh()]);
  if (!(await hasWork(deps, new Map()))) {
    return 'idle';
  }
  return (await armLanes(deps, deps.settings.leastLanes, traceparent)) ? 'armed' : 'busy';
}
