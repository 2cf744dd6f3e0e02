import { before, describe, it } from 'node:test';
import { type Exploration, exploreModel } from '../explore-model.ts';
import { callers, firstWorld, nextWorlds, type World } from './breaker-model.ts';

describe('a breaker between two workers, with deaths at any step and lost replies', () => {
  let explored: Exploration<World>;
  before(() => {
    explored = exploreModel({ initial: firstWorld(2, 2), next: nextWorlds, most: 60_000 });
  });

  it('K1: has one job that probes at the most, unless a lease lapsed under a job that went on', () => {
    explored.always('K1', (world) => callers(world) <= 1 || world.isLate);
  });

  it('K3: comes to be closed, whoever died', () => {
    explored.canAlwaysReach('K3', ({ stored }) => stored === undefined || stored.state === 'closed');
  });

  it('comes into every race that matters', () => {
    explored.sometimes('a lapsed probe beside its successor', (world) => callers(world) === 2);
    explored.sometimes('a lease that nobody holds any more', ({ stored, workers }) => {
      return stored?.state === 'half-open' && workers.every(({ step }) => step.does === 'idle');
    });
    explored.sometimes('two workers that write at once', ({ workers }) => {
      return workers.filter(({ step }) => step.does === 'writing').length > 1;
    });
  });
});
