import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { conversationTurns } from '../../../shared/models/conversation-turns.ts';
import {
  answers,
  answersFunction,
  anyConversation,
  calls,
  callsFunction,
  linksOf,
  says,
  turnsOf,
} from './conversations.ts';

test('a turn starts with a user message; system and developer messages are in none; the newest turn is kept', async () => {
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

  assert.deepEqual(await turnsOf(messages), {
    kept: [0, 3, 6, 7],
    older: [
      [1, 2],
      [4, 5],
    ],
  });
});

test('what comes before the first user message is a turn of its own', async () => {
  const messages = [says('assistant'), calls('a'), answers('a'), says('user')];

  assert.deepEqual(await turnsOf(messages), { kept: [3], older: [[0, 1, 2]] });
});

test('a conversation without a user message is one turn, and is kept', async () => {
  assert.deepEqual(await turnsOf([says('assistant'), calls('a'), answers('a')]), { kept: [0, 1, 2], older: [] });
});

test('the tool calls that follow the last user message, and their results, are kept with it', async () => {
  const messages = [says('user'), says('assistant'), says('user'), calls('a', 'b'), answers('b'), answers('a')];

  assert.deepEqual(await turnsOf(messages), { kept: [2, 3, 4, 5], older: [[0, 1]] });
});

test('a user message between a call and its result starts no turn', async () => {
  const late = [says('user'), calls('a'), says('user'), answers('a'), says('user')];
  const lateFunction = [says('user'), callsFunction('f'), says('user'), answersFunction('f'), says('user')];

  assert.deepEqual(await turnsOf(late), { kept: [4], older: [[0, 1, 2, 3]] });
  assert.deepEqual(await turnsOf(lateFunction), { kept: [4], older: [[0, 1, 2, 3]] });
});

test('a result belongs to the newest call of its id: ids that come again in each turn join nothing', async () => {
  const turn = [says('user'), calls('call_1'), answers('call_1')];

  assert.deepEqual(await turnsOf([...turn, ...turn, ...turn]), {
    kept: [6, 7, 8],
    older: [
      [0, 1, 2],
      [3, 4, 5],
    ],
  });
});

test('messages of an unknown shape are part of the turn that they are in', async () => {
  assert.deepEqual(await turnsOf(['text', null, says('user'), 7, { role: 'critic' }, says('user')]), {
    kept: [5],
    older: [
      [0, 1],
      [2, 3, 4],
    ],
  });
});

test('every message is in one list, turns are in order, and none parts a call from its result', async () => {
  await fc.assert(
    fc.asyncProperty(anyConversation, async (messages) => {
      const { kept, older } = await turnsOf(messages);
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

test('the event loop has its turns while a long conversation is looked at', async () => {
  const messages = Array.from({ length: 100_000 }, () => says('user'));
  let workUs = 0;

  const { older } = await conversationTurns(messages, async (us) => void (workUs += us));

  assert.equal(older.length, 99_999);
  assert.ok(workUs >= 90_000 * 2 * 0.5, String(workUs));
});
