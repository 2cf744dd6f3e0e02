import {
  type Bounds,
  type Delivery,
  fault,
  isHeldBy,
  type Message,
  type Operator,
  type Step,
  type Worker,
  type World,
} from './claim-model-world.ts';

/** Locks end: of a holder that died by themselves, of a living one by a fault. */
export function* brokerSteps(world: World, bounds: Bounds): Generator<Step> {
  for (const queue of ['messages', 'dead'] as const) {
    for (const message of world[queue].filter((one) => one.isLocked)) {
      const to = withMessage(world, queue, back(message));
      const action = `the lock of ${queue === 'dead' ? 'dead ' : ''}${message.sequence} ends`;
      const holders = [...world.workers.map(deliveryOfWorker), ...world.operators.map(heldByOperator)];
      if (holders.some((held) => held !== undefined && isHeldBy(message, held))) {
        yield* fault(world, bounds, { kind: 'lock', action, to });
      } else {
        yield { action, to, isProgress: true };
      }
    }
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

export function lock(world: World, queue: 'messages' | 'dead', message: Message): World {
  return withMessage(world, queue, { ...message, isLocked: true });
}

/** Without effect when the lock is lost. */
export function release(world: World, delivery: Delivery): World {
  const held = world.messages.find((one) => isHeldBy(one, delivery));
  return held === undefined ? world : withMessage(world, 'messages', back(held));
}

/** Nothing reads how often a dead letter was delivered: it stays as it was, so that there are fewer worlds. */
export function releaseDead(world: World, delivery: Delivery): World {
  const held = world.dead.find((one) => isHeldBy(one, delivery));
  return held === undefined ? world : withMessage(world, 'dead', { ...held, isLocked: false });
}

/** Takes a held message off its queue; without effect when the lock is lost. */
export function remove(world: World, delivery: Delivery, queue: 'messages' | 'dead' = 'messages'): World {
  return { ...world, [queue]: world[queue].filter((one) => !isHeldBy(one, delivery)) };
}

/** Dead-letters a held message: it keeps its epoch, with its other properties. */
export function deadLetter(world: World, delivery: Delivery): World {
  const held = world.messages.find((one) => isHeldBy(one, delivery));
  if (held === undefined) {
    return world;
  }
  const dead = [...world.dead, { ...held, isLocked: false }].toSorted((a, b) => a.sequence - b.sequence);
  return { ...remove(world, delivery), dead };
}

function deliveryOfWorker(worker: Worker): Delivery | undefined {
  return worker.step === 'idle' ? undefined : worker.delivery;
}

function heldByOperator(operator: Operator): Delivery | undefined {
  return 'held' in operator ? operator.held : undefined;
}

function back(message: Message): Message {
  return { ...message, deliveries: message.deliveries + 1, isLocked: false };
}

function withMessage(world: World, queue: 'messages' | 'dead', message: Message): World {
  return { ...world, [queue]: world[queue].map((one) => (one.sequence === message.sequence ? message : one)) };
}
