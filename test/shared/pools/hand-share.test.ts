import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { guaranteedPlaces, handRoom } from '../../../shared/pools/hand-share.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

/** A hand, and what its pools do: take all that they may, or less; end some jobs. */
const scenes = fc.record({
  places: fc.integer({ min: 1, max: 60 }),
  pools: fc.integer({ min: 1, max: names.length }),
  moves: fc.array(
    fc.record({ pool: fc.nat(4), share: fc.double({ min: 0, max: 1, noNaN: true }), isTaking: fc.boolean() }),
    { maxLength: 40 },
  ),
});

/** Plays a scene by the rule, and gives every state that it came through. */
function* play(scene: typeof scenes extends fc.Arbitrary<infer Scene> ? Scene : never): Generator<Map<string, number>> {
  const { places, pools, moves } = scene;
  const inHand = new Map(names.slice(0, pools).map((name) => [name, 0]));
  yield inHand;
  for (const { pool: index, share, isTaking } of moves) {
    const pool = names[index % pools] ?? '';
    const held = inHand.get(pool) ?? 0;
    const taken = Math.round(handRoom({ places, inHand, pool }) * share);
    inHand.set(pool, isTaking ? held + taken : Math.floor(held * share));
    yield inHand;
  }
}

test('H1: a hand that is filled by the rule never holds more than its places', () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      for (const inHand of play(scene)) {
        assert.ok([...inHand.values()].reduce((sum, held) => sum + held, 0) <= scene.places);
      }
    }),
  );
});

test('H2: every pool can always come to its guaranteed part', () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      const guaranteed = guaranteedPlaces(scene.places, scene.pools);
      for (const inHand of play(scene)) {
        for (const [pool, held] of inHand) {
          assert.ok(handRoom({ places: scene.places, inHand, pool }) >= guaranteed - held);
        }
      }
    }),
  );
});

test('H2: the guaranteed part is half an even share, and a place at least while there is one for each', () => {
  assert.equal(guaranteedPlaces(400, 4), 50);
  assert.equal(guaranteedPlaces(5, 4), 1);
  assert.equal(guaranteedPlaces(4, 4), 1);
  assert.equal(guaranteedPlaces(3, 4), 0);
  assert.equal(guaranteedPlaces(10, 0), 5);
});

test('H3: a pool that is alone has the whole hand, and one beside idle pools all but what is guaranteed to them', () => {
  assert.equal(handRoom({ places: 400, inHand: new Map([['a', 0]]), pool: 'a' }), 400);
  const beside = new Map([
    ['a', 0],
    ['b', 0],
    ['c', 0],
    ['d', 0],
  ]);
  assert.equal(handRoom({ places: 400, inHand: beside, pool: 'a' }), 250);
  assert.equal(handRoom({ places: 400, inHand: new Map(beside).set('b', 250), pool: 'a' }), 50);
});

test('what another pool takes never gives a pool more room', () => {
  fc.assert(
    fc.property(scenes, fc.nat(4), (scene, index) => {
      const states = [...play(scene)];
      const inHand = states.at(-1) ?? new Map<string, number>();
      const other = names[index % scene.pools] ?? '';
      const more = new Map(inHand).set(other, (inHand.get(other) ?? 0) + 1);
      for (const pool of names.slice(0, scene.pools)) {
        assert.ok(
          handRoom({ places: scene.places, inHand: more, pool }) <= handRoom({ places: scene.places, inHand, pool }),
        );
      }
    }),
  );
});

test('a hand that is fuller than the rule allows has no room', () => {
  const inHand = new Map([
    ['a', 9],
    ['b', 0],
  ]);
  assert.equal(handRoom({ places: 4, inHand, pool: 'b' }), 0);
});
