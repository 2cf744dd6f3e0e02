import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boundsOf, exactTimes, laws, search } from './claim-model-laws.ts';
import { type Rules, shippedRules } from './claim-model-rules.ts';
import type { Bounds } from './claim-model-world.ts';

/** One rule made worse at a time: what the search must find, in the smallest world that shows it. */
const mutants: readonly {
  readonly name: string;
  readonly rules: Partial<Rules>;
  readonly bounds: Partial<Bounds>;
  readonly found: RegExp;
}[] = [
  {
    name: 'writes that do not name the version they were decided on',
    rules: { areWritesConditional: false },
    bounds: { faults: 1, kinds: ['lock'] },
    found: /J1/u,
  },
  {
    name: 'a message that is settled before what it led to is stored',
    rules: { isSettledFirst: true },
    bounds: { faults: 0 },
    found: /J2: the last message/u,
  },
  {
    name: 'calls that are not marked before they begin',
    rules: { isCallMarkedFirst: false },
    bounds: { faults: 3, kinds: ['death'], workers: 1 },
    found: /lost calls/u,
  },
  {
    name: 'marks that stay while a delivery waits for its next call',
    rules: { isMarkTakenBetweenCalls: false },
    bounds: { faults: 0, workers: 1 },
    found: /J3/u,
  },
  {
    name: 'marks that a refused write brings back',
    rules: { ...exactTimes, rebase: (next) => next },
    bounds: { faults: 3, kinds: ['lock', 'return'], highestEpoch: 0, mostMessages: 1 },
    found: /J3/u,
  },
  {
    name: 'a replay that removes the dead letter before it has sent the message',
    rules: { replayRemovesFirst: true },
    bounds: { faults: 1, operators: 1, operations: ['replay'], kinds: ['death'] },
    found: /J2/u,
  },
  {
    name: 'a sweep that does not send the message of a replayed job again',
    rules: {
      sweep: (facts, document) => {
        const verdict = shippedRules.sweep(facts, document);
        return verdict === 'send-then-remove' ? 'remove' : verdict;
      },
    },
    bounds: { faults: 1, operators: 1, operations: ['replay'], kinds: ['death'] },
    found: /J2/u,
  },
  {
    name: 'a duplicate of a dead-lettered job that is dead-lettered as well',
    rules: {
      claim: (input) => {
        const decision = shippedRules.claim(input);
        const isLetter = input.document?.state === 'dead-lettered';
        return isLetter && decision.kind === 'complete' ? { kind: 'dead-letter' } : decision;
      },
    },
    bounds: { faults: 1, kinds: ['submit'] },
    found: /J2/u,
  },
  {
    name: 'an erasure that leaves no tombstone: the message of a process that died comes back',
    rules: { erase: undefined },
    bounds: { faults: 1, operators: 1, operations: ['erase'], kinds: ['death'] },
    found: /an erased job claimed/u,
  },
  {
    name: 'an erasure that leaves no tombstone: a submit that is still under way writes its document',
    rules: { erase: undefined },
    bounds: { faults: 1, operators: 1, operations: ['erase'], kinds: ['submit'] },
    // Twice submitted it is claimed again; with one submit its document is left without a message.
    found: /J[12]/u,
  },
];

describe('the search finds', () => {
  for (const { name, rules, bounds, found } of mutants) {
    it(name, () => {
      const worse = boundsOf({ ...bounds, rules: { ...shippedRules, ...rules } });
      assert.throws(() => {
        const explored = search(worse);
        for (const check of Object.values(laws)) {
          check(explored, worse);
        }
      }, found);
    });
  }
});
