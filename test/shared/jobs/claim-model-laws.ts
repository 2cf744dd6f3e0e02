import { isDeadLetter } from '../../../shared/jobs/job-document.ts';
import { hasOpenCall } from '../../../shared/jobs/job-transitions.ts';
import { type Exploration, exploreModel } from '../explore-model.ts';
import { firstWorld, nextWorlds } from './claim-model.ts';
import { type Rules, shippedRules } from './claim-model-rules.ts';
import { type Bounds, documentOf, isOver, keyOfWorld, ownerOf, type Worker, type World } from './claim-model-world.ts';

/** Two workers and every kind of fault; each world says what is different. */
export function boundsOf(changes: Partial<Bounds>): Bounds {
  return {
    faults: 2,
    kinds: ['death', 'lock', 'reply', 'return', 'cancel', 'submit'],
    workers: 2,
    operators: 0,
    operations: [],
    highestEpoch: 1,
    mostMessages: 2,
    rules: shippedRules,
    ...changes,
  };
}

/** Times that tell deliveries apart: with them, a parked document is never mistaken for another delivery's. */
export const exactTimes: Pick<Rules, 'dueAt'> = { dueAt: ({ sequence, deliveries }) => sequence * 100 + deliveries };

export function search(bounds: Bounds): Exploration<World> {
  return exploreModel({
    initial: firstWorld(bounds),
    next: (world) => nextWorlds(world, bounds),
    keyOf: keyOfWorld,
    most: 200_000,
  });
}

/** What holds in every world, by name. Fails with the steps that lead to where it does not. */
export const laws: Readonly<Record<string, (explored: Exploration<World>, bounds: Bounds) => void>> = {
  'J1: has its result recorded at most once, and nothing is written over an end': (explored) => {
    explored.always('J1', (world) => world.recorded <= 1);
  },
  'J1: has a result exactly when it is completed, or was erased since': (explored) => {
    explored.always('J1', (world) => {
      return world.isErased || (world.recorded === 1) === (documentOf(world)?.state === 'completed');
    });
  },
  'J2: has a message for as long as it has not ended': (explored) => {
    explored.always('J2', (world) => isOver(world) || world.messages.length + world.dead.length > 0);
  },
  'J2: can reach an end by progress alone, wherever it was interrupted': (explored) => {
    explored.canAlwaysReach('J2', isOver);
  },
  'J2: has no message left in the end, but one dead letter when its document says so': (explored, { kinds }) => {
    // A job that the broker gave up has no claim by which a duplicate is known: that one is dead-lettered as well.
    const most = kinds.includes('broker') ? 2 : 1;
    explored.canAlwaysReach('J2', (world) => isSettled(world) && world.dead.length <= most);
  },
  'is never called a third time when two processes died in its calls': (explored) => {
    explored.always('lost calls', (world) => world.lostCalls <= 2);
  },
  'J3: is not poison while nobody dies, and no more than two processes run': (explored, { kinds, workers }) => {
    const mayBePoison = kinds.includes('death') || workers > 2;
    explored.always('J3', (world) => mayBePoison || !isPoison(world));
  },
  'J3: has no mark of a call while its delivery waits for one': (explored) => {
    explored.always('J3', (world) =>
      world.workers.every((worker) => worker.step !== 'run' || !isMarkedBy(world, worker)),
    );
  },
};

function isMarkedBy(world: World, worker: Worker): boolean {
  const document = documentOf(world);
  return worker.step !== 'idle' && document !== undefined && hasOpenCall(document, ownerOf(worker.delivery));
}

export function isPoison(world: World): boolean {
  return documentOf(world)?.reason === 'WorkerCrashed';
}

/** Everybody is done, and the queues say what the document says. */
export function isSettled(world: World): boolean {
  const { dead } = world;
  const document = documentOf(world);
  const isLetter = document !== undefined && isDeadLetter(document);
  const areMatched = isLetter === dead.length > 0 && dead.every(({ epoch }) => epoch === document?.epoch);
  const areIdle = [...world.workers, ...world.operators].every(({ step }) => step === 'idle');
  return isOver(world) && world.messages.length === 0 && areMatched && areIdle;
}
