import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { conversationTurns } from '../../../shared/models/conversation-turns.ts';
import { answers, answersFunction, anyConversation, calls, callsFunction, linksOf, says } from './conversations.ts';

test('a turn starts with a user message; system and developer messages are in none; the newest turn is kept', () => {
  const messages = [
    says('system'),
    says('user'),
    says('assistant'),
    says('developer'),
    says('user'),
    says('assistant'),
    says('user'),
    says('assistant'),
  ];

  assert.deepEqual(conversationTurns(messages), {
    kept: [0, 3, 6, 7],
    older: [
      [1, 2],
      [4, 5],
    ],
  });
});

test('what comes before the first user message is a turn of its own', () => {
  const messages = [says('assistant'), calls('a'), answers('a'), says('user')];

  assert.deepEqual(conversationTurns(messages), { kept: [3], older: [[0, 1, 2]] });
});

test('a conversation without a user message is one turn, and is kept', () => {
  assert.deepEqual(conversationTurns([says('assistant'), calls('a'), answers('a')]), { kept: [0, 1, 2], older: [] });
});

test('the tool calls that follow the last user message, and their results, are kept with it', () => {
  const messages = [says('user'), says('assistant'), says('user'), calls('a', 'b'), answers('b'), answers('a')];

  assert.deepEqual(conversationTurns(messages), { kept: [2, 3, 4, 5], older: [[0, 1]] });
});

test('a user message between a call and its result starts no turn', () => {
  const late = [says('user'), calls('a'), says('user'), answers('a'), says('user')];
  const lateFunction = [says('user'), callsFunction('f'), says('user'), answersFunction('f'), says('user')];

  assert.deepEqual(conversationTurns(late), { kept: [4], older: [[0, 1, 2, 3]] });
  assert.deepEqual(conversationTurns(lateFunction), { kept: [4], older: [[0, 1, 2, 3]] });
});

test('a result belongs to the newest call of its id: ids that come again in each turn join nothing', () => {
  const turn = [says('user'), calls('call_1'), answers('call_1')];

  assert.deepEqual(conversationTurns([...turn, ...turn, ...turn]), {
    kept: [6, 7, 8],
    older: [
      [0, 1, 2],
      [3, 4, 5],
    ],
  });
});

test('messages of an unknown shape are part of the turn that they are in', () => {
  assert.deepEqual(conversationTurns(['text', null, says('user'), 7, { role: 'critic' }, says('user')]), {
    kept: [5],
    older: [
      [0, 1],
      [2, 3, 4],
    ],
  });
});

test('every message is in one list, turns are in order, and none parts a call from its result', () => {
  fc.assert(
    fc.property(anyConversation, (messages) => {
      const { kept, older } = conversationTurns(messages);
      const places = [...older.flat(), ...kept].toSorted((left, right) => left - right);
      assert.deepEqual(places, [...messages.keys()]);
      assert.deepEqual(
        older.flat(),
        older.flat().toSorted((left, right) => left - right),
      );
      const lists = [kept, ...older];
      const listOf = (place: number): number => lists.findIndex((list) => list.includes(place));
      for (const [call, result] of linksOf(messages)) {
        assert.equal(listOf(call), listOf(result));
      }
    }),
    { numRuns: 500 },
  );
});
