import { z } from 'zod';

/**
 * A lane: the right to be one of the pumps.
 *
 * States: `idle` (no pump, no ticket), `armed` (a ticket is on its way), `running` (a pump holds it).
 * - L1.1 Every arming has a generation of its own; a ticket of another generation starts nothing.
 * - L1.2 A running lane is started again only by a later delivery of the ticket that started it (its process died, or it
 *   handed itself on), or after `until`, by arming.
 * - L1.3 Armed and running lanes lapse at `until`: whoever sees work and a lapsed lane arms it.
 */
export const laneSchema = z.looseObject({
  id: z.string(),
  v: z.literal(1),
  state: z.enum(['idle', 'armed', 'running']),
  generation: z.number(),
  /** Epoch ms; armed and running lanes lapse then. */
  until: z.number(),
  /** The delivery that started the pump. */
  startedBy: z.object({ sequenceNumber: z.string(), deliveryCount: z.number() }).optional(),
});

export type Lane = z.infer<typeof laneSchema>;

/** What a ticket says. `continues` names the delivery that handed the lane on (a pump that met an outage). */
export const ticketSchema = z.object({
  lane: z.string(),
  generation: z.number(),
  continues: z.object({ sequenceNumber: z.string(), deliveryCount: z.number() }).optional(),
});

export type Ticket = z.infer<typeof ticketSchema>;

export interface TicketDelivery {
  readonly ticket: Ticket;
  readonly sequenceNumber: string;
  readonly deliveryCount: number;
}

/** An armed lane whose ticket has not started a pump by then has lost it. */
const armedMs = 120_000;

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
  input: { readonly generation: number; readonly now: number },
): Lane | undefined {
  return lane !== undefined && isHeld(lane, input.generation)
    ? armed(lane, { id: lane.id, now: input.now })
    : undefined;
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
export function idleLane(lane: Lane | undefined, generation: number): Lane | undefined {
  return lane !== undefined && isHeld(lane, generation) ? { ...lane, state: 'idle', until: 0 } : undefined;
}

function armed(lane: Lane | undefined, input: { readonly id: string; readonly now: number }): Lane {
  const generation = (lane?.generation ?? 0) + 1;
  const { startedBy: _startedBy, ...rest } = lane ?? { id: input.id, v: 1 as const };
  return { ...rest, state: 'armed', generation, until: input.now + armedMs };
}

function isHeld(lane: Lane, generation: number): boolean {
  return lane.state === 'running' && lane.generation === generation;
}

function isSameTicket(lane: Lane, delivery: TicketDelivery): boolean {
  const { startedBy } = lane;
  if (startedBy === undefined) {
    return false;
  }
  const isRedelivery =
    startedBy.sequenceNumber === delivery.sequenceNumber && startedBy.deliveryCount < delivery.deliveryCount;
  const { continues } = delivery.ticket;
  const isContinued =
    continues?.sequenceNumber === startedBy.sequenceNumber && continues.deliveryCount === startedBy.deliveryCount;
  return isRedelivery || isContinued;
}
