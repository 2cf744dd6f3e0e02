import { armLane, idleLane, type Lane, rearmLane, startLane, type Ticket, type TicketDelivery } from '../lanes/lane.ts';
import { ticketQueue } from '../pools/pool.ts';
import { hasWork, sendTicket } from './arm-lanes.ts';
import type { PipelineDeps } from './deps.ts';

type HoldDeps = Pick<PipelineDeps, 'lanes' | 'queue' | 'clock' | 'settings' | 'pools'>;

/** Rounds of reading and writing a lane before whoever wins the race is left to go on. */
const mostRounds = 5;

/** Runs a lane's transition as one conditional write; `undefined` when the transition does not apply. */
async function changeLane(
  deps: HoldDeps,
  id: string,
  decide: (lane: Lane | undefined) => Lane | undefined,
): Promise<Lane | undefined> {
  for (let round = 0; round < mostRounds; round += 1) {
    const stored = await deps.lanes.read(id);
    const next = decide(stored?.document);
    if (next === undefined) {
      return undefined;
    }
    const written =
      stored === undefined ? await deps.lanes.create(next) : await deps.lanes.replace(next, stored.version);
    if (typeof written === 'object') {
      return next;
    }
  }
  return undefined;
}

/** Takes the lane for this ticket; false when the ticket starts nothing (L1). */
export async function takeLane(deps: HoldDeps, delivery: TicketDelivery): Promise<boolean> {
  const { pullWindowMs } = deps.settings.pump;
  const longestRunMs = pullWindowMs + deps.settings.callTimeoutMs + 60_000;
  const started = await changeLane(deps, delivery.ticket.lane, (lane) =>
    // A start whose reply was lost reads as running by this very delivery.
    isOwnStart(lane, delivery) ? lane : startLane(lane, delivery, { now: deps.clock.now(), longestRunMs }),
  );
  return started !== undefined;
}

function isOwnStart(lane: Lane | undefined, delivery: TicketDelivery): boolean {
  return (
    lane?.state === 'running' &&
    lane.generation === delivery.ticket.generation &&
    lane.startedBy?.sequenceNumber === delivery.sequenceNumber &&
    lane.startedBy.deliveryCount === delivery.deliveryCount
  );
}

/** The pump stops with work left: the next pump is on its way before this one waits for its calls in flight. */
export async function passLaneOn(deps: HoldDeps, ticket: Ticket, traceparent: string): Promise<void> {
  const { generation } = ticket;
  const armed = await changeLane(deps, ticket.lane, (lane) => rearmLane(lane, { generation, now: deps.clock.now() }));
  if (armed !== undefined) {
    await sendTicket(deps, armed, traceparent);
  }
}

/**
 * The pump found nothing left: the lane goes idle, and only then is looked once more, so that a message that came in
 * between finds either this look or an idle lane to arm.
 */
export async function leaveLane(
  deps: HoldDeps,
  input: {
    readonly ticket: Ticket;
    readonly held: ReadonlyMap<string, ReadonlySet<string>>;
    readonly traceparent: string;
  },
): Promise<void> {
  const { ticket } = input;
  await changeLane(deps, ticket.lane, (lane) => idleLane(lane, ticket.generation));
  if (!(await hasWork(deps, input.held))) {
    return;
  }
  const now = deps.clock.now();
  const armed = await changeLane(deps, ticket.lane, (lane) => armLane(lane, { id: ticket.lane, now }));
  if (armed !== undefined) {
    await sendTicket(deps, armed, input.traceparent);
  }
}

/** An outage: the ticket comes back later and continues where this delivery stood. */
export async function postponeTicket(
  deps: HoldDeps,
  delivery: TicketDelivery,
  delayMs: number,
  hasStarted: boolean,
): Promise<void> {
  const { sequenceNumber, deliveryCount, ticket } = delivery;
  const continues = { sequenceNumber, deliveryCount: hasStarted ? deliveryCount : deliveryCount - 1 };
  const dueAt = deps.clock.now() + delayMs;
  const messageId = `${ticket.lane}.${ticket.generation}.${sequenceNumber}.${deliveryCount}`;
  const text = JSON.stringify({ ...ticket, continues });
  await deps.queue.send(ticketQueue, [{ messageId, text, epoch: 0, traceparent: undefined, dueAt }]);
}
