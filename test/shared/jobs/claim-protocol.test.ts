import { before, describe, it } from 'node:test';
import { type Exploration, exploreModel } from '../explore-model.ts';
import { documentOf, firstWorld, isOver, nextWorlds, type World } from './claim-model.ts';

/** Every interleaving of two workers with so many faults, parkings and messages at once. */
const worlds = [
  { faults: 2, highestEpoch: 2, mostMessages: 3 },
  { faults: 3, highestEpoch: 1, mostMessages: 2 },
];

for (const bounds of worlds) {
  describe(`a job, with ${bounds.faults} faults and up to ${bounds.highestEpoch} parkings`, () => {
    let explored: Exploration<World>;
    before(() => {
      explored = exploreModel({
        initial: firstWorld(bounds),
        next: (world) => nextWorlds(world, bounds),
        most: 400_000,
      });
    });

    it('J1: has its result recorded at most once, and nothing is written over an end', () => {
      explored.always('J1', (world) => world.recorded <= 1);
    });

    it('J1: has a result exactly when it is completed', () => {
      explored.always('J1', (world) => (world.recorded === 1) === (documentOf(world)?.state === 'completed'));
    });

    it('J2: has a message for as long as it has not ended', () => {
      explored.always('J2', (world) => isOver(world) || world.messages.length > 0);
    });

    it('J2: can reach an end by progress alone, wherever it was interrupted', () => {
      explored.canAlwaysReach('J2', isOver);
    });

    it('J2: can have every message settled in the end', () => {
      const isDrained = (world: World): boolean => isOver(world) && world.messages.length === 0;
      explored.canAlwaysReach('J2', (world) => isDrained(world) && world.workers.every(({ step }) => step === 'idle'));
    });

    it('comes into every state that it may have, and into every race that matters', () => {
      for (const state of ['queued', 'running', 'parked', 'completed', 'dead-lettered', 'cancelled']) {
        explored.sometimes(state, (world) => documentOf(world)?.state === state);
      }
      explored.sometimes('a second attempt', (world) => (documentOf(world)?.claim?.attempt ?? 0) > 1);
      explored.sometimes('the last epoch', (world) => documentOf(world)?.epoch === bounds.highestEpoch);
      explored.sometimes('two workers at one job', (world) => world.workers.every(({ step }) => step === 'run'));
      explored.sometimes('as many messages as the world holds', (world) => {
        return world.messages.length === bounds.mostMessages;
      });
    });
  });
}
