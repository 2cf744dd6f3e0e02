import { z } from 'zod';

/**
 * A lane: the right to be one of the pumps.
 *
 * States: `idle` (no pump, no ticket), `armed` (a ticket is on its way), `running` (a pump holds it).
 * - L1.1 Every arming has a generation of its own; a ticket of another generation starts nothing.
 * - L1.2 A running lane is started again only by a later delivery of the ticket that started it (its process died), by a
 *   ticket that continues it (it was handed on), or after `until`, by arming.
 * - L1.3 Armed and running lanes lapse at `until`: whoever sees work and a lapsed lane arms it.
 * - L1.4 Only the delivery that holds a running lane arms it again or gives it up: one that lost its lock holds nothing.
 */
const startedBy = z.object({ sequenceNumber: z.string(), deliveryCount: z.number() });

export const laneSchema = z.looseObject({
  id: z.string(),
  v: z.literal(1),
  state: z.enum(['idle', 'armed', 'running']),
  generation: z.number(),
  /** Epoch ms; armed and running lanes lapse then. */
  until: z.number(),
  /** The delivery that started the pump. */
  startedBy: startedBy.optional(),
});

export type Lane = z.infer<typeof laneSchema>;

/**
 * What a ticket says. `continues` names the deliveries that handed the lane on when they met an outage, one after the
 * other: any of them may be the last that got to write its start.
 */
export const ticketSchema = z.object({
  // S1: it goes into an address, and anybody with rights to send may have written it.
  lane: z.string().regex(/^lane-\d{1,4}$/u),
  generation: z.number(),
  continues: z.array(startedBy).optional(),
});

export type Ticket = z.infer<typeof ticketSchema>;

export interface TicketDelivery {
  readonly ticket: Ticket;
  readonly sequenceNumber: string;
  readonly deliveryCount: number;
}

/** An armed lane whose ticket has not started a pump by then has lost it. */
const armedMs = 120_000;

/** Postponements that a ticket names, besides the first: they span minutes, and a running lane lapses by itself then. */
const keptContinued = 30;

export function laneId(index: number): string {
  return `lane-${index}`;
}

/** Arms an idle or lapsed lane; `undefined` when a pump runs in it, or a ticket is on its way. */
export function armLane(
  lane: Lane | undefined,
  input: { readonly id: string; readonly now: number },
): Lane | undefined {
  const isFree = lane === undefined || lane.state === 'idle' || lane.until <= input.now;
  return isFree ? armed(lane, input) : undefined;
}

/** A pump that stops pulling arms its own lane again; `undefined` when the lane is no longer its own. */
export function rearmLane(
  lane: Lane | undefined,
  delivery: TicketDelivery,
  input: { readonly now: number },
): Lane | undefined {
  return lane !== undefined && isHeldBy(lane, delivery) ? armed(lane, { id: lane.id, now: input.now }) : undefined;
}

/** Starts a pump by a ticket; `undefined` when this ticket starts nothing (complete it and leave). */
export function startLane(
  lane: Lane | undefined,
  delivery: TicketDelivery,
  input: { readonly now: number; readonly longestRunMs: number },
): Lane | undefined {
  if (lane === undefined || lane.generation !== delivery.ticket.generation || lane.state === 'idle') {
    return undefined;
  }
  if (lane.state === 'running' && !isSameTicket(lane, delivery)) {
    return undefined;
  }
  const { sequenceNumber, deliveryCount } = delivery;
  const until = input.now + input.longestRunMs;
  return { ...lane, state: 'running', until, startedBy: { sequenceNumber, deliveryCount } };
}

/** A pump that found no work left gives its lane up; `undefined` when the lane is no longer its own. */
export function idleLane(lane: Lane | undefined, delivery: TicketDelivery): Lane | undefined {
  return lane !== undefined && isHeldBy(lane, delivery) ? { ...lane, state: 'idle', until: 0 } : undefined;
}

/** A lane whose ticket could not be sent is free again; `undefined` when it has moved on. */
export function disarmLane(lane: Lane | undefined, generation: number): Lane | undefined {
  return lane?.state === 'armed' && lane.generation === generation ? { ...lane, state: 'idle', until: 0 } : undefined;
}

/** The ticket with which a pump that met an outage hands its lane on to a later delivery. */
export function continuingTicket(delivery: TicketDelivery): Ticket {
  const { sequenceNumber, deliveryCount, ticket } = delivery;
  const [first, ...later] = [...(ticket.continues ?? []), { sequenceNumber, deliveryCount }];
  // The first is the one that ran. The latest may have written their start, though they never heard of it.
  const continues = first === undefined ? [] : [first, ...later.slice(-keptContinued)];
  return { lane: ticket.lane, generation: ticket.generation, continues };
}

/** Whether a lane is as it was to be written: the write was made, and its reply was lost. */
export function isSameLane(lane: Lane, written: Lane): boolean {
  return (
    lane.state === written.state &&
    lane.generation === written.generation &&
    lane.until === written.until &&
    lane.startedBy?.sequenceNumber === written.startedBy?.sequenceNumber &&
    lane.startedBy?.deliveryCount === written.startedBy?.deliveryCount
  );
}

function armed(lane: Lane | undefined, input: { readonly id: string; readonly now: number }): Lane {
  const generation = (lane?.generation ?? 0) + 1;
  const { startedBy: _startedBy, ...rest } = lane ?? { id: input.id, v: 1 as const };
  return { ...rest, state: 'armed', generation, until: input.now + armedMs };
}

function isHeldBy(lane: Lane, { ticket, sequenceNumber, deliveryCount }: TicketDelivery): boolean {
  const { startedBy: holder } = lane;
  const isHolder = holder?.sequenceNumber === sequenceNumber && holder.deliveryCount === deliveryCount;
  return lane.state === 'running' && lane.generation === ticket.generation && isHolder;
}

function isSameTicket(lane: Lane, delivery: TicketDelivery): boolean {
  const { startedBy: holder } = lane;
  if (holder === undefined) {
    return false;
  }
  const isRedelivery =
    holder.sequenceNumber === delivery.sequenceNumber && holder.deliveryCount < delivery.deliveryCount;
  const isContinued = delivery.ticket.continues?.some(
    ({ sequenceNumber, deliveryCount }) =>
      holder.sequenceNumber === sequenceNumber && holder.deliveryCount <= deliveryCount,
  );
  return isRedelivery || isContinued === true;
}
