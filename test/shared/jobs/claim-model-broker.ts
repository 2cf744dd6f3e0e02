import {
  type Bounds,
  type Delivery,
  fault,
  isHeldBy,
  type Letter,
  type Message,
  type Step,
  type World,
} from './claim-model-world.ts';

/** Locks end: of a holder that died by themselves, of a living one by a fault. The broker may dead-letter what it likes. */
export function* brokerSteps(world: World, bounds: Bounds): Generator<Step> {
  for (const message of world.messages) {
    if (message.isLocked) {
      const to = withMessage(world, back(message));
      const action = `the lock of ${message.sequence} ends`;
      const isHeld = world.workers.some((worker) => worker.step !== 'idle' && isHeldBy(message, worker.delivery));
      if (isHeld) {
        yield* fault(world, bounds, { kind: 'lock', action, to });
      } else {
        yield { action, to, isProgress: true };
      }
    }
    const action = `the broker dead-letters ${message.sequence}`;
    yield* fault(world, bounds, { kind: 'broker', action, to: toDead(world, message, 'broker') });
  }
}

/** Duplicate detection drops a second message of an epoch while it remembers the first. */
export function* afterSend(world: World, epoch: number, bounds: Bounds): Generator<World> {
  const isKnown = world.sent.includes(epoch);
  if (isKnown) {
    yield world;
  }
  if (!isKnown || world.messages.length < bounds.mostMessages) {
    const sequence = world.sequence + 1;
    const messages = [...world.messages, { sequence, epoch, deliveries: 0, isLocked: false }];
    yield { ...world, sequence, messages, sent: isKnown ? world.sent : [...world.sent, epoch] };
  }
}

export function lock(world: World, message: Message): World {
  return withMessage(world, { ...message, isLocked: true });
}

/** Without effect when the lock is lost. */
export function release(world: World, delivery: Delivery): World {
  const held = world.messages.find((one) => isHeldBy(one, delivery));
  return held === undefined ? world : withMessage(world, back(held));
}

/** Takes a held message off the queue; without effect when the lock is lost. */
export function complete(world: World, delivery: Delivery): World {
  return { ...world, messages: world.messages.filter((one) => !isHeldBy(one, delivery)) };
}

/** Dead-letters a held message; without effect when the lock is lost. */
export function deadLetter(world: World, delivery: Delivery): World {
  const held = world.messages.find((one) => isHeldBy(one, delivery));
  return held === undefined ? world : toDead(world, held, 'sluice');
}

/** It keeps its number and its properties, the epoch among them. */
function toDead(world: World, { sequence, epoch }: Message, by: Letter['by']): World {
  const dead = [...world.dead, { sequence, epoch, by }].toSorted((a, b) => a.sequence - b.sequence);
  return { ...world, messages: world.messages.filter((one) => one.sequence !== sequence), dead };
}

function back(message: Message): Message {
  return { ...message, deliveries: message.deliveries + 1, isLocked: false };
}

function withMessage(world: World, message: Message): World {
  return { ...world, messages: world.messages.map((one) => (one.sequence === message.sequence ? message : one)) };
}
