import { brokerSteps } from './claim-model-broker.ts';
import { callerSteps } from './claim-model-caller.ts';
import { operatorSteps } from './claim-model-operator.ts';
import { type Bounds, idle, keyOfActor, type Step, type World } from './claim-model-world.ts';
import { workerSteps } from './claim-model-worker.ts';

/** A job that was just put onto its queue. */
export function firstWorld({ faults, workers, operators }: Bounds): World {
  return {
    document: 0,
    messages: [{ sequence: 1, epoch: 0, deliveries: 0, isLocked: false }],
    dead: [],
    workers: Array.from({ length: workers }, () => idle),
    operators: Array.from({ length: operators }, () => idle),
    sent: [0],
    sequence: 1,
    faults,
    recorded: 0,
    lostCalls: 0,
    replayed: 0,
    isErased: false,
  };
}

/** Everything that may happen next. Of actors that stand at the same point one is enough: they are alike. */
export function* nextWorlds(world: World, bounds: Bounds): Generator<Step> {
  for (const index of distinct(world.workers)) {
    yield* workerSteps(world, index, bounds);
  }
  for (const index of distinct(world.operators)) {
    yield* operatorSteps(world, index, bounds);
  }
  yield* brokerSteps(world, bounds);
  yield* callerSteps(world, bounds);
}

/** Actors of one kind are in order, so equal ones are neighbours. */
function distinct(actors: World['workers'] | World['operators']): readonly number[] {
  const keys = actors.map(keyOfActor);
  return [...keys.keys()].filter((index) => index === 0 || keys[index] !== keys[index - 1]);
}
