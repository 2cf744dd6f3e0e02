import { continuingTicket, idleLane, rearmLane, startLane, type TicketDelivery } from '../lanes/lane.ts';
import { ticketQueue } from '../pools/pool.ts';
import { armFirstLane, hasWork, sendTicket } from './arm-lanes.ts';
import { changeLane } from './change-lane.ts';
import type { PipelineDeps } from './deps.ts';
import type { ServingDeps } from './served-pools.ts';

type HoldDeps = Pick<PipelineDeps, 'lanes' | 'queue' | 'clock' | 'settings'> & ServingDeps;

/** Takes the lane for this ticket; false when the ticket starts nothing (L1). */
export async function takeLane(deps: HoldDeps, delivery: TicketDelivery): Promise<boolean> {
  const { pullWindowMs } = deps.settings.pump;
  const longestRunMs = pullWindowMs + deps.settings.callTimeoutMs + 60_000;
  const started = await changeLane(deps, delivery.ticket.lane, (lane) =>
    startLane(lane, delivery, { now: deps.clock.now(), longestRunMs }),
  );
  return started !== undefined;
}

/** The pump stops with work left: the next pump is on its way before this one waits for its calls in flight. */
export async function passLaneOn(deps: HoldDeps, delivery: TicketDelivery, traceparent: string): Promise<void> {
  const armed = await changeLane(deps, delivery.ticket.lane, (lane) =>
    rearmLane(lane, delivery, { now: deps.clock.now() }),
  );
  if (armed !== undefined) {
    await sendTicket(deps, armed, traceparent);
  }
}

/**
 * The pump found nothing left, or is one too many: the lane goes idle, and only then is looked once more, so that a message that came in
 * between finds either this look or an idle lane to arm.
 */
export async function leaveLane(
  deps: HoldDeps,
  input: {
    readonly delivery: TicketDelivery;
    readonly held: ReadonlyMap<string, ReadonlySet<string>>;
    readonly traceparent: string;
  },
): Promise<void> {
  const { delivery } = input;
  await changeLane(deps, delivery.ticket.lane, (lane) => idleLane(lane, delivery));
  if (!(await hasWork(deps, input.held))) {
    return;
  }
  // The first lane, this one or another: its pump, if there is one, looks as well before it goes.
  await armFirstLane(deps, input.traceparent);
}

/**
 * An outage: the ticket comes back later and continues where this delivery stood. Later by the service's time: a machine whose
 * clock went astray would put it off for as long as that is ahead.
 */
export async function postponeTicket(
  deps: Pick<PipelineDeps, 'queue' | 'reserver'>,
  delivery: TicketDelivery,
  delayMs: number,
): Promise<void> {
  const { sequenceNumber, deliveryCount, ticket } = delivery;
  const messageId = `${ticket.lane}.${ticket.generation}.${sequenceNumber}.${deliveryCount}`;
  const text = JSON.stringify(continuingTicket(delivery));
  const dueAt = deps.reserver.now() + delayMs;
  await deps.queue.send(ticketQueue, [{ messageId, text, epoch: 0, traceparent: undefined, dueAt }]);
}
