import { before, describe, it } from 'node:test';
import { type Exploration, exploreModel } from '../explore-model.ts';
import { type Bounds, firstWorld, holders, isActing, nextWorlds, pulling } from './lane-model.ts';
import type { World } from './lane-world.ts';

function explore(bounds: Bounds): Exploration<World> {
  return exploreModel({ initial: firstWorld(bounds), next: (world) => nextWorlds(world, bounds), most: 120_000 });
}

function isServed(world: World): boolean {
  return !world.isWork || pulling(world) > 0;
}

/** A lane that is idle although there is work, and nobody is about to arm it. */
function isForgotten(world: World): boolean {
  return world.isWork && (world.lane === undefined || world.lane.state === 'idle') && !isActing(world);
}

describe('a lane, with deaths, outages and lost replies', () => {
  let explored: Exploration<World>;
  before(() => {
    explored = explore({ faults: 2, isBusStrange: false, hasTimer: false });
  });

  it('L1: has at most one pump that pulls', () => {
    explored.always('L1', (world) => pulling(world) <= 1);
  });

  it('L1: is not idle while there is work, unless somebody died who would have looked', () => {
    explored.always('L1', (world) => !isForgotten(world) || world.isLost);
  });

  it('L1: comes to a pump that pulls without the timer, unless somebody died who would have sent its ticket', () => {
    explored.canAlwaysReach('L1', (world) => isServed(world) || world.isLost);
  });

  it('comes into every race that matters', () => {
    explored.sometimes('two pumps at once', (world) => world.pumps.every(({ step }) => step !== 'idle'));
    explored.sometimes('a ticket that continues twice', (world) => {
      return world.tickets.some(({ ticket }) => (ticket.continues?.length ?? 0) > 1);
    });
    explored.sometimes('a pump that drains while the next one pulls', (world) => {
      return pulling(world) === 1 && world.pumps.some(({ step }) => step === 'drain');
    });
  });
});

describe('a lane, with lost locks, tickets that arrive twice, deaths at any step, and the timer', () => {
  let explored: Exploration<World>;
  before(() => {
    explored = explore({ faults: 1, isBusStrange: true, hasTimer: true });
  });

  it('L1: has at most one pump that pulls and holds its ticket', () => {
    explored.always('L1', (world) => holders(world) <= 1);
  });

  it('L1: comes to a pump that pulls while there is work, whatever was lost', () => {
    explored.canAlwaysReach('L1', isServed);
  });

  it('comes into every race that matters', () => {
    explored.sometimes('a pump that lost its lock, beside its successor', (world) => pulling(world) === 2);
    explored.sometimes('a lapsed lane', (world) => world.hasLapsed);
    explored.sometimes('two tickets of one generation', (world) => {
      const generations = world.tickets.map(({ ticket }) => ticket.generation);
      return new Set(generations).size < generations.length;
    });
  });
});
