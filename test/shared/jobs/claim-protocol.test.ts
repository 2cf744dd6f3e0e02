import { before, describe, it } from 'node:test';
import type { Exploration } from '../explore-model.ts';
import { boundsOf, exactTimes, isPoison, laws, search } from './claim-model-laws.ts';
import { shippedRules } from './claim-model-rules.ts';
import { type Bounds, documentOf, type World } from './claim-model-world.ts';

/** Every interleaving of the steps of a few processes, with so many faults, parkings and messages at once. */
const worlds: Readonly<Record<string, Bounds>> = {
  'every kind of fault': boundsOf({ faults: 2 }),
  'two parkings': boundsOf({ highestEpoch: 2, kinds: ['death', 'cancel'] }),
  'starts that are missed': boundsOf({ faults: 3, kinds: ['miss', 'death', 'reply', 'cancel'] }),
  'four deaths': boundsOf({ faults: 4, kinds: ['death'] }),
  'two operators who replay': boundsOf({ faults: 1, operators: 2, operations: ['replay'], kinds: ['death', 'reply'] }),
  'locks that are lost and jobs that are given back': boundsOf({
    faults: 2,
    kinds: ['lock', 'return'],
    rules: { ...shippedRules, ...exactTimes },
  }),
  'a broker that dead-letters by itself': boundsOf({
    operators: 1,
    highestEpoch: 0,
    kinds: ['broker', 'submit', 'lock'],
  }),
  'a replay of what the broker dead-lettered': boundsOf({
    faults: 1,
    workers: 1,
    operators: 1,
    operations: ['replay'],
    kinds: ['broker', 'lock'],
  }),
  'a replay, an erasure and two deaths': boundsOf({ operators: 1, operations: ['replay', 'erase'], kinds: ['death'] }),
};

for (const [name, bounds] of Object.entries(worlds)) {
  describe(`a job, with ${name}`, () => {
    let explored: Exploration<World>;
    before((context) => {
      explored = search(bounds);
      if ('diagnostic' in context) {
        context.diagnostic(`${explored.states.length} states`);
      }
    });

    for (const [law, check] of Object.entries(laws)) {
      it(law, () => check(explored, bounds));
    }
  });
}

describe('the model of a job', () => {
  const hasState = (state: string) => (world: World) => documentOf(world)?.state === state;

  it('comes into every state that a job may have, and into every race that matters', () => {
    const explored = search(
      boundsOf({ faults: 1, operators: 1, operations: ['replay', 'erase'], kinds: ['lock', 'submit'] }),
    );
    for (const state of ['queued', 'running', 'parked', 'completed', 'dead-lettered', 'cancelled', 'expired']) {
      explored.sometimes(state, hasState(state));
    }
    explored.sometimes('a second attempt', (world) => (documentOf(world)?.claim?.attempt ?? 0) > 1);
    explored.sometimes('two workers at one job', (world) => world.workers.every(({ step }) => step === 'answer'));
    explored.sometimes('two messages', (world) => world.messages.length === 2);
    explored.sometimes('two dead letters', (world) => world.dead.length === 2);
    explored.sometimes('a result after a replay', (world) => world.recorded === 1 && world.replayed > 0);
    explored.sometimes('an erasure while a message is around', (world) => world.isErased && world.messages.length > 0);
  });
});

describe('the mark of a call', () => {
  it('stays for as long as its process has not noticed that the lock is lost: of three, the third finds two', () => {
    const explored = search(boundsOf({ faults: 2, kinds: ['lock'], workers: 3, highestEpoch: 0, mostMessages: 1 }));
    explored.sometimes('poison by lost locks', isPoison);
    explored.always('both are still at it', (world) => {
      return !isPoison(world) || world.faults === 0;
    });
  });

  it('makes a job poison that two processes died of', () => {
    const explored = search(boundsOf({ faults: 2, kinds: ['death'] }));
    explored.sometimes('poison', (world) => isPoison(world) && world.lostCalls === 2);
  });
});
