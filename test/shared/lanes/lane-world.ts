import type { Lane, TicketDelivery } from '../../../shared/lanes/lane.ts';

/** One lane, its tickets and its pumps, as the model of the lane protocol knows them. */
export interface World {
  readonly lane: Lane | undefined;
  /** Its `until` has passed. */
  readonly hasLapsed: boolean;
  readonly tickets: readonly QueuedTicket[];
  readonly pumps: readonly Pump[];
  readonly armer: 'idle' | 'arming' | Sending;
  /** The queues hold a job that nobody has. */
  readonly isWork: boolean;
  /** Somebody died between two steps that belong together, or could not send: only time helps. */
  readonly isLost: boolean;
  readonly faults: number;
}

export interface QueuedTicket extends TicketDelivery {
  readonly isLocked: boolean;
}

export interface Sending {
  readonly generation: number;
}

export type Pump =
  | { readonly step: 'idle' }
  | {
      readonly step: 'take' | 'pull' | 'pass' | 'leave' | 'look' | 'postpone' | 'drain';
      readonly delivery: TicketDelivery;
      /** Written, and no reply came. */
      readonly tried?: Lane;
    }
  | { readonly step: 'send'; readonly delivery: TicketDelivery; readonly sending: Sending };

/** Every sequence number that the world remembers. */
export function* sequences(world: World): Generator<string> {
  yield* [world.lane?.startedBy?.sequenceNumber ?? []].flat();
  for (const one of world.tickets) {
    yield one.sequenceNumber;
    yield* (one.ticket.continues ?? []).map(({ sequenceNumber }) => sequenceNumber);
  }
  for (const pump of world.pumps) {
    if (pump.step !== 'idle') {
      yield pump.delivery.sequenceNumber;
      yield* (pump.delivery.ticket.continues ?? []).map(({ sequenceNumber }) => sequenceNumber);
    }
    if ('tried' in pump) {
      yield* [pump.tried?.startedBy?.sequenceNumber ?? []].flat();
    }
  }
}

/**
 * Worlds that differ in nothing that counts are one: generations are told from the lane's on, sequence numbers by their
 * order, and pumps and tickets have no order of their own.
 */
export function normalised(world: World): World {
  const shift = (world.lane?.generation ?? 1) - 1;
  const order = [...new Set(sequences(world))].toSorted((a, b) => Number(a) - Number(b));
  const by: Renaming = {
    generation: (generation) => Math.max(0, generation - shift),
    sequence: (sequence) => String(1 + order.indexOf(sequence)),
  };
  const { lane, armer } = world;
  const tickets = world.tickets.map((one) => ({ ...renamedDelivery(one, by), isLocked: one.isLocked }));
  const pumps = world.pumps.map((pump) => renamedPump(pump, by));
  return {
    ...world,
    lane: renamedLane(lane, by),
    armer: typeof armer === 'string' ? armer : { generation: by.generation(armer.generation) },
    pumps: sorted(pumps),
    tickets: sorted(tickets),
  };
}

interface Renaming {
  readonly generation: (generation: number) => number;
  readonly sequence: (sequence: string) => string;
}

function renamedLane(lane: Lane | undefined, by: Renaming): Lane | undefined {
  if (lane === undefined) {
    return undefined;
  }
  const { startedBy, ...rest } = lane;
  const generation = by.generation(lane.generation);
  return startedBy === undefined
    ? { ...rest, generation }
    : { ...rest, generation, startedBy: { ...startedBy, sequenceNumber: by.sequence(startedBy.sequenceNumber) } };
}

function renamedDelivery({ ticket, sequenceNumber, deliveryCount }: TicketDelivery, by: Renaming): TicketDelivery {
  const { lane, continues = [] } = ticket;
  const renamed = continues.map((one) => ({ ...one, sequenceNumber: by.sequence(one.sequenceNumber) }));
  return {
    ticket: { lane, generation: by.generation(ticket.generation), continues: renamed },
    sequenceNumber: by.sequence(sequenceNumber),
    deliveryCount,
  };
}

function renamedPump(pump: Pump, by: Renaming): Pump {
  if (pump.step === 'idle') {
    return pump;
  }
  const delivery = renamedDelivery(pump.delivery, by);
  if (pump.step === 'send') {
    return { step: pump.step, delivery, sending: { generation: by.generation(pump.sending.generation) } };
  }
  const tried = renamedLane(pump.tried, by);
  return { step: pump.step, delivery, ...(tried === undefined ? {} : { tried }) };
}

function sorted<Item>(items: readonly Item[]): readonly Item[] {
  const keyed = items.map((item) => ({ item, key: JSON.stringify(item) }));
  return keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ item }) => item);
}
