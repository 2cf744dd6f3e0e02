import {
  armLane,
  continuingTicket,
  disarmLane,
  idleLane,
  isSameLane,
  type Lane,
  rearmLane,
  startLane,
  type TicketDelivery,
} from '../../../shared/lanes/lane.ts';
import type { Transition } from '../explore-model.ts';
import { normalised, type Pump, type QueuedTicket, type Sending, sequences, type World } from './lane-world.ts';

export interface Bounds {
  readonly faults: number;
  /** Lost locks of living pumps, and tickets that arrive twice. */
  readonly isBusStrange: boolean;
  /** The timer looks for work, and for lanes that have lapsed. */
  readonly hasTimer: boolean;
}

type ActivePump = Exclude<Pump, { readonly step: 'idle' }>;
type Step = Transition<World>;
type Go = (action: string, to: World, next: Pump) => Step;

const idle: Pump = { step: 'idle' };
const id = 'lane-0';
const mostTickets = 4;

export function firstWorld({ faults }: Bounds): World {
  return {
    lane: undefined,
    hasLapsed: false,
    tickets: [],
    pumps: [idle, idle],
    armer: 'idle',
    isWork: false,
    isLost: false,
    faults,
  };
}

/**
 * A small world around the shipped transitions of a lane: one lane, its tickets on a queue with locks, two pumps that go
 * their way in single steps, and one that arms (a submit call, or the timer). A conditional write that is tried again
 * until it holds is one step; what may go wrong around it (no reply, no answer at all, a death) is a step that costs one
 * of `faults`.
 */
export function* nextWorlds(world: World, bounds: Bounds): Generator<Step> {
  for (const index of world.pumps.keys()) {
    for (const step of pumpSteps(world, index)) {
      yield { ...step, to: normalised(step.to) };
    }
  }
  for (const step of [...armerSteps(world, bounds), ...brokerSteps(world, bounds), ...timeSteps(world, bounds)]) {
    yield { ...step, to: normalised(step.to) };
  }
}

/** Pumps that pull and still have the lock of their ticket. */
export function holders(world: World): number {
  return world.pumps.filter((pump) => pump.step === 'pull' && hasLock(world, pump.delivery)).length;
}

export function pulling(world: World): number {
  return world.pumps.filter((pump) => pump.step === 'pull').length;
}

/** Somebody is about to look at the queues, to arm the lane or to send its ticket. */
export function isActing(world: World): boolean {
  return world.armer !== 'idle' || world.pumps.some(({ step }) => ['look', 'send', 'leave'].includes(step));
}

function* pumpSteps(world: World, index: number): Generator<Step> {
  const pump = world.pumps[index] ?? idle;
  const go: Go = (action, to, next) => {
    return { action: `pump ${index} ${action}`, to: withPump(to, index, next), isProgress: true };
  };
  if (pump.step === 'idle') {
    for (const ticket of world.tickets.filter((one) => !one.isLocked)) {
      const { isLocked: _isLocked, ...delivery } = ticket;
      const tickets = world.tickets.map((one) => (one === ticket ? { ...one, isLocked: true } : one));
      yield go(`receives ${ticket.sequenceNumber}`, { ...world, tickets }, { step: 'take', delivery });
    }
    return;
  }
  yield* stepsOf(world, pump, go);
  // Nobody sends the ticket that the lane waits for, or the lane is idle already, and was not looked at again.
  const isUnheard = 'tried' in pump && world.lane?.state === 'armed';
  const isBetween = ['look', 'send'].includes(pump.step) || isUnheard || world.lane?.state === 'idle';
  yield* fault(`pump ${index} dies before ${pump.step}`, losing(withPump(world, index, idle), isBetween));
}

function* stepsOf(world: World, pump: ActivePump, go: Go): Generator<Step> {
  const { delivery } = pump;
  const { generation } = delivery.ticket;
  switch (pump.step) {
    case 'take':
      yield* change(world, pump, {
        go,
        decide: (lane) => startLane(lane, delivery, { now: 0, longestRunMs: 1 }),
        next: (taken) => ({ step: taken === undefined ? 'drain' : 'pull', delivery }),
      });
      break;
    case 'pull':
      yield go('runs every job', { ...world, isWork: false }, pump);
      yield go('ends its window', world, { step: 'pass', delivery });
      if (!world.isWork) {
        yield go('finds no job', world, { step: 'leave', delivery });
      }
      for (const failed of fault('meets an outage', world)) {
        yield { ...go(failed.action, failed.to, { step: 'postpone', delivery }), isProgress: false };
      }
      break;
    case 'pass':
      yield* change(world, pump, {
        go,
        decide: (lane) => rearmLane(lane, delivery, { now: 0 }),
        next: (armed) => afterArming(armed, delivery),
      });
      break;
    case 'leave':
      yield* change(world, pump, {
        go,
        decide: (lane) => idleLane(lane, delivery),
        next: () => ({ step: 'look', delivery }),
      });
      break;
    case 'look':
      if (!world.isWork && pump.tried === undefined) {
        yield go('finds no job again', world, { step: 'drain', delivery });
        break;
      }
      yield* change(world, pump, {
        go,
        decide: (lane) => armLane(inTime(world, lane), { id, now: 0 }),
        next: (armed) => afterArming(armed, delivery),
      });
      break;
    case 'send':
      yield go('sends the ticket', withTicket(world, pump.sending), { step: 'drain', delivery });
      for (const failed of fault('cannot send the ticket', disarmed(world, pump.sending))) {
        yield { ...go(failed.action, failed.to, { step: 'postpone', delivery }), isProgress: false };
      }
      break;
    case 'postpone': {
      const ticket = { ...continuingTicket(delivery), generation };
      yield go('postpones its ticket', addTicket(world, ticket), { step: 'drain', delivery });
      for (const failed of fault('cannot postpone its ticket', losing(world, true))) {
        yield { ...go(failed.action, failed.to, { step: 'drain', delivery }), isProgress: false };
      }
      break;
    }
    case 'drain': {
      const tickets = world.tickets.filter((one) => !isLockedBy(one, delivery));
      yield go('completes its ticket', { ...world, tickets }, idle);
      break;
    }
  }
}

/** A transition as one conditional write, and what may go wrong with it. */
function* change(
  world: World,
  pump: Extract<ActivePump, { readonly tried?: Lane }>,
  how: {
    readonly go: Go;
    readonly decide: (lane: Lane | undefined) => Lane | undefined;
    readonly next: (written: Lane | undefined) => Pump;
  },
): Generator<Step> {
  const { step, delivery, tried } = pump;
  const { go, decide, next: nextStep } = how;
  if (tried !== undefined && world.lane !== undefined && isSameLane(world.lane, tried)) {
    yield go(`sees its own ${step}`, world, nextStep(tried));
    return;
  }
  const next = inOwnTime(decide(world.lane));
  const written = next === undefined ? world : { ...world, lane: next, hasLapsed: false };
  yield go(`writes: ${step}`, written, nextStep(next));
  if (next !== undefined) {
    for (const lost of fault(`writes: ${step}, no reply`, written)) {
      yield { ...go(lost.action, lost.to, { step, delivery, tried: next }), isProgress: false };
    }
  }
  for (const to of [world, written]) {
    for (const failed of fault(`fails to ${step}${to === world ? '' : ', and it was written'}`, to)) {
      // The lane waits for a ticket that nobody sends, or is idle, and the ticket that comes back starts nothing.
      const isLost = (to === written && next?.state === 'armed') || to.lane?.state === 'idle';
      yield { ...go(failed.action, losing(failed.to, isLost), { step: 'postpone', delivery }), isProgress: false };
    }
  }
}

function afterArming(armed: Lane | undefined, delivery: TicketDelivery): Pump {
  return armed === undefined
    ? { step: 'drain', delivery }
    : { step: 'send', delivery, sending: { generation: armed.generation } };
}

function* armerSteps(world: World, bounds: Bounds): Generator<Step> {
  const { armer } = world;
  if (armer === 'idle') {
    const submitted: World = { ...world, isWork: true, armer: 'arming' };
    if (!world.isWork) {
      yield { action: 'a job is submitted', to: submitted, isProgress: false };
    } else if (bounds.hasTimer) {
      yield { action: 'the timer sees work', to: submitted, isProgress: true };
    }
    return;
  }
  if (armer === 'arming') {
    const armed = inOwnTime(armLane(inTime(world, world.lane), { id, now: 0 }));
    const to: World =
      armed === undefined
        ? { ...world, armer: 'idle' }
        : { ...world, lane: armed, hasLapsed: false, armer: { generation: armed.generation } };
    yield { action: 'the armer arms', to, isProgress: true };
  } else {
    yield {
      action: 'the armer sends the ticket',
      to: { ...withTicket(world, armer), armer: 'idle' },
      isProgress: true,
    };
    yield* fault('the armer cannot send the ticket', { ...disarmed(world, armer), armer: 'idle' });
  }
  yield* fault('the armer dies', losing({ ...world, armer: 'idle' }, true));
}

function* brokerSteps(world: World, bounds: Bounds): Generator<Step> {
  for (const ticket of world.tickets) {
    const others = world.tickets.filter((one) => one !== ticket);
    const name = `ticket ${ticket.sequenceNumber}`;
    const isHeld = world.pumps.some((pump) => pump.step !== 'idle' && isLockedBy(ticket, pump.delivery));
    const back = { ...ticket, isLocked: false, deliveryCount: ticket.deliveryCount + 1 };
    if (ticket.isLocked && !isHeld) {
      yield { action: `the lock of ${name} ends`, to: { ...world, tickets: [...others, back] }, isProgress: true };
    }
    if (bounds.isBusStrange && ticket.isLocked && isHeld) {
      yield* fault(`the lock of ${name} is lost`, { ...world, tickets: [...others, back] });
    }
    if (bounds.isBusStrange && world.tickets.length < mostTickets) {
      yield* fault(`${name} arrives twice`, addTicket(world, ticket.ticket));
    }
  }
}

/** A lane lapses when it has waited too long; never under a pump that pulls, whose window is far shorter. */
function* timeSteps(world: World, bounds: Bounds): Generator<Step> {
  const { lane, tickets } = world;
  const isWaiting = lane !== undefined && lane.state !== 'idle' && pulling(world) === 0;
  if (!bounds.hasTimer || !isWaiting || world.hasLapsed) {
    return;
  }
  const lapsed = { ...world, hasLapsed: true };
  if (isActing(world) || tickets.some(({ ticket }) => ticket.generation === lane.generation)) {
    yield* fault('the lane lapses before its ticket is taken', lapsed);
  } else {
    yield { action: 'the lane lapses', to: lapsed, isProgress: true };
  }
}

function* fault(action: string, to: World): Generator<Step> {
  if (to.faults > 0) {
    yield { action, to: { ...to, faults: to.faults - 1 }, isProgress: false };
  }
}

function losing(world: World, isLost: boolean): World {
  return isLost ? { ...world, isLost } : world;
}

/** Without a ticket the lane is free again; nobody else is told of the work. */
function disarmed(world: World, { generation }: Sending): World {
  return { ...world, lane: disarmLane(world.lane, generation) ?? world.lane, isLost: true };
}

function withTicket(world: World, { generation }: Sending): World {
  return addTicket(world, { lane: id, generation });
}

function addTicket(world: World, ticket: TicketDelivery['ticket']): World {
  const sequenceNumber = String(1 + Math.max(0, ...[...sequences(world)].map(Number)));
  const added: QueuedTicket = { ticket, sequenceNumber, deliveryCount: 0, isLocked: false };
  return { ...world, tickets: [...world.tickets, added] };
}

function isLockedBy(ticket: QueuedTicket, delivery: TicketDelivery): boolean {
  const { sequenceNumber, deliveryCount } = delivery;
  return ticket.isLocked && ticket.sequenceNumber === sequenceNumber && ticket.deliveryCount === deliveryCount;
}

function hasLock(world: World, delivery: TicketDelivery): boolean {
  return world.tickets.some((one) => isLockedBy(one, delivery));
}

/** `until` is 1 in every document here, and now is 0, or past `until` when the lane has lapsed. */
function inTime(world: World, lane: Lane | undefined): Lane | undefined {
  return lane === undefined || !world.hasLapsed ? lane : { ...lane, until: 0 };
}

function inOwnTime(lane: Lane | undefined): Lane | undefined {
  return lane === undefined ? undefined : { ...lane, until: 1 };
}

function withPump(world: World, index: number, pump: Pump): World {
  return { ...world, pumps: world.pumps.with(index, pump) };
}
